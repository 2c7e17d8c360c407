import OlapColumns
import OlapFunctions
import Testing

@Suite struct NestedTests {
  private func integers(_ values: [Int64?]) -> Evaluation.Argument {
    Evaluation.constant(
      .list(.integer), .list(values.map { $0.map { .integer($0) } ?? .null }))
  }

  @Test("list functions") func lists() throws {
    let list = integers([3, 1, nil, 2])
    #expect(try Evaluation.print("list_sort", list) == "[1, 2, 3, NULL]")
    #expect(try Evaluation.print("list_reverse_sort", list) == "[3, 2, 1, NULL]")
    #expect(try Evaluation.print("list_extract", list, Evaluation.integer(-1)) == "2")
    #expect(try Evaluation.print("list_contains", list, Evaluation.integer(2)) == "true")
    #expect(try Evaluation.print("list_position", list, Evaluation.integer(1)) == "2")
    #expect(try Evaluation.print("list_sum", list) == "6")
    #expect(try Evaluation.print("list_aggregate", list, Evaluation.text("max")) == "3")
    #expect(try Evaluation.print("length", list) == "4")
    #expect(
      try Evaluation.print(
        "list_slice", list, Evaluation.constant(.bigint, .integer(2)),
        Evaluation.constant(.bigint, .integer(4))) == "[1, NULL, 2]")
    #expect(
      try Evaluation.print(
        "list_slice", list, Evaluation.constant(.bigint, .integer(2)),
        Evaluation.constant(.bigint, .null)) == "NULL")
    #expect(
      try Evaluation.print("list_value", Evaluation.integer(1), Evaluation.integer(2)) == "[1, 2]")
    #expect(try Evaluation.print("list_concat", list, integers([9])) == "[3, 1, NULL, 2, 9]")
    #expect(try Evaluation.print("list_distinct", integers([1, 1, 2])) == "[1, 2]")
    #expect(try Evaluation.print("range", Evaluation.integer(3)) == "[0, 1, 2]")
    #expect(try Evaluation.print("||", list, integers([9])) == "[3, 1, NULL, 2, 9]")
    #expect(try Evaluation.print("contains", list, Evaluation.integer(3)) == "true")
  }

  @Test("map and struct functions") func maps() throws {
    let keys = Evaluation.constant(.list(.varchar), .list([.varchar("a"), .varchar("b")]))
    let (type, values) = try Evaluation.call("map", [keys, integers([1, 2])])
    let map = Evaluation.constant(type, values[0])
    #expect(try Evaluation.print("map_extract_value", map, Evaluation.text("b")) == "2")
    #expect(try Evaluation.print("map_keys", map) == "[a, b]")
    #expect(try Evaluation.print("cardinality", map) == "2")
    let fields: SQLType = .structure([StructField(name: "x", type: .integer)])
    let row = Evaluation.constant(fields, .structure([.integer(7)]))
    #expect(try Evaluation.print("struct_extract", row, Evaluation.text("x")) == "7")
  }

  @Test("JSON functions") func json() throws {
    let document = Evaluation.text("{\"a\": [1, {\"b\": \"x\"}], \"n\": null}")
    let t = Evaluation.text
    #expect(try Evaluation.print("json_extract", document, t("$.a[1].b")) == "\"x\"")
    #expect(try Evaluation.print("json_extract_string", document, t("$.a[1].b")) == "x")
    #expect(try Evaluation.print("json_extract_string", document, t("/a/0")) == "1")
    #expect(try Evaluation.print("json_array_length", document, t("a")) == "2")
    #expect(try Evaluation.print("json_keys", document) == "[a, n]")
    #expect(try Evaluation.print("json_type", document, t("$.n")) == "NULL")
    #expect(try Evaluation.print("json_valid", t("{]")) == "false")
    #expect(try Evaluation.print("json_object", t("k"), Evaluation.integer(1)) == "{\"k\":1}")
    #expect(try Evaluation.print("json_array", t("k"), Evaluation.integer(1)) == "[\"k\",1]")
    #expect(
      try Evaluation.print("json_merge_patch", t("{\"a\":1,\"b\":2}"), t("{\"a\":null}"))
        == "{\"b\":2}")
    #expect(throws: ComputeError.self) {
      try Evaluation.print("json_extract", t(String(repeating: "[", count: 5000)), t("$"))
    }
  }

  @Test("table functions produce their rows in chunks") func tables() throws {
    let range = try #require(FunctionRegistry.builtin.tables["range"])
    let bound = try range.bind([(.integer, .integer(5000))], [:])
    let request = TableFunctionRequest(context: Evaluation.context, projection: [0])
    let reader = try bound.start(request).makeReader()
    var sum: Int64 = 0
    while let chunk = try reader() {
      for i in 0..<chunk.count { sum += chunk.columns[0].values(Int64.self)[i] }
    }
    #expect(sum == 4999 * 5000 / 2)
    let each = try #require(FunctionRegistry.builtin.tables["json_each"])
    #expect(try each.bind([(.varchar, .varchar("[1,2,3]"))], [:]).rowCount == 3)
  }

  @Test("every function has a summary, and no name is taken twice") func registry() {
    var scalars = Set<String>()
    for function in BuiltinFunctions.scalars {
      #expect(!function.summary.isEmpty, "\(function.name)")
      for name in [function.name] + function.aliases {
        #expect(scalars.insert(name).inserted, "\(name) is there twice")
        #expect(name == name.lowercased(), "\(name) is not in lower case")
      }
    }
    var aggregates = Set<String>()
    for function in BuiltinFunctions.aggregates {
      #expect(function.example != nil && !function.summary.isEmpty, "\(function.name)")
      for name in [function.name] + function.aliases {
        #expect(aggregates.insert(name).inserted, "\(name) is there twice")
      }
    }
  }
}
