import OlapColumns

/// Points are STRUCT(x DOUBLE, y DOUBLE): x is the longitude, y the latitude.
enum PointFunctions {
  static let type: SQLType = .structure([
    StructField(name: "x", type: .double), StructField(name: "y", type: .double),
  ])
  static let all: [ScalarFunction] = [.point, .pointX, .pointY, .pointDistance, .sphereDistance]

  static func coordinates(_ value: Value) -> (x: Double, y: Double)? {
    guard case .structure(let fields) = value, fields.count == 2,
      case .double(let x) = fields[0], case .double(let y) = fields[1]
    else { return nil }
    return (x, y)
  }

  static func distance(_ body: @escaping @Sendable (Double, Double, Double, Double) -> Double)
    -> ScalarOverload
  {
    .boxed([type, type], to: .double) { row in
      guard let a = coordinates(row[0]), let b = coordinates(row[1]) else { return .null }
      return .double(body(a.x, a.y, b.x, b.y))
    }
  }
}

extension ScalarFunction {
  static let point = ScalarFunction(
    "point", aliases: ["st_point", "st_makepoint"], summary: "The point of an x and a y.",
    example: ("st_x(point(1, 2))", "1.0"),
    overloads: [
      .fixed([.double, .double], to: PointFunctions.type) { arguments, count, _ in
        let columns: [Vector] = arguments.map { $0.flattened() }
        let mask = RowMask(columns, count: count)
        return Vector.flat(PointFunctions.type, count: count, children: columns)
          .withValidity(mask.bytes, owner: mask.owner)
      }
    ])
  static let pointX = ScalarFunction(
    "st_x", summary: "The x of a point.", example: ("st_x(point(1, 2))", "1.0"),
    overloads: [
      .boxed([PointFunctions.type], to: .double) { row in
        PointFunctions.coordinates(row[0]).map { .double($0.x) } ?? .null
      }
    ])
  static let pointY = ScalarFunction(
    "st_y", summary: "The y of a point.", example: ("st_y(point(1, 2))", "2.0"),
    overloads: [
      .boxed([PointFunctions.type], to: .double) { row in
        PointFunctions.coordinates(row[0]).map { .double($0.y) } ?? .null
      }
    ])
  static let pointDistance = ScalarFunction(
    "st_distance", aliases: ["point_distance"], summary: "The distance of two points in the plane.",
    example: ("st_distance(point(0, 0), point(3, 4))", "5.0"),
    overloads: [
      PointFunctions.distance { x1, y1, x2, y2 in
        ((x2 - x1) * (x2 - x1) + (y2 - y1) * (y2 - y1)).squareRoot()
      }
    ])
  static let sphereDistance = ScalarFunction(
    "st_distance_sphere", aliases: ["st_distancesphere"],
    summary: "Metres along the earth between two points of longitude and latitude.",
    example: ("round(st_distance_sphere(point(30.52, 50.45), point(30.52, 50.45)))", "0.0"),
    overloads: [
      PointFunctions.distance { x1, y1, x2, y2 in Haversine.kilometres(y1, x1, y2, x2) * 1000 }
    ])
}
