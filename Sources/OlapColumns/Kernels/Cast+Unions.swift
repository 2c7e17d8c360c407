extension Cast {
  /// For each member of a UNION the position it has among `members`; for any other type one
  /// position, that of the member it becomes: of its own type, else the one with the cheapest implicit
  /// cast. nil when there is none, or several are as good.
  static func unionSources(_ from: SQLType, _ members: [StructField]) -> [Int]? {
    if case .union(let own) = from {
      var result: [Int] = []
      for member in own {
        let name: String = member.name.lowercased()
        guard let i = members.firstIndex(where: { $0.name.lowercased() == name }),
          canCast(from: member.type, to: members[i].type)
        else { return nil }
        result.append(i)
      }
      return result
    }
    let costs: [(member: Int, cost: Int)] = members.indices.compactMap { i in
      TypeRules.implicitCastCost(from: from, to: members[i].type).map { (i, $0) }
    }
    guard let best = costs.min(by: { $0.cost < $1.cost }) else { return nil }
    return costs.filter { $0.cost == best.cost }.count == 1 ? [best.member] : nil
  }

  /// A flat vector to UNION: a union of fewer members by name, everything else as one member.
  static func unions(_ v: Vector, _ to: SQLType, _ context: CastContext) throws -> Vector {
    guard case .union(let members) = to, let sources = unionSources(v.type, members) else {
      throw unsupported(v.type, to)
    }
    var children: [Vector?] = members.map { _ in nil }
    let validity = keepsNull(from: v.type, to: to) ? nil : v.validity
    let tags = Vector.flat(.utinyint, count: v.count, sharing: validity, validityOwner: v.owner)
    let out = tags.values(UInt8.self)
    if case .union = v.type {
      let own: Vector = v.children[0].flattened()
      let from = own.values(UInt8.self)
      for i in 0..<v.count {
        out[i] = v.isValid(i) ? UInt8(truncatingIfNeeded: sources[Int(from[i])]) : 0
      }
      for (source, member) in sources.enumerated() {
        let child: Vector = v.children[source + 1].masked(by: v).flattened()
        children[member] = try convert(child, members[member].type, context).flattened()
      }
    } else {
      for i in 0..<v.count { out[i] = UInt8(truncatingIfNeeded: sources[0]) }
      children[sources[0]] = try convert(v, members[sources[0]].type, context).flattened()
    }
    return Vector(
      type: to, encoding: .flat, count: v.count, data: v.data, validity: validity,
      owner: v.owner,
      children: [tags]
        + zip(children, members).map { child, member in
          child ?? Vector.nulls(member.type, count: v.count).flattened()
        })
  }
}
