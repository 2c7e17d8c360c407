package import OlapCatalog
package import OlapColumns
package import OlapSQL
package import OlapStorage

extension Connection {
  /// VERIFY ALL | name: recomputes each model over the same snapshot and counts rows that differ, both
  /// ways. Nothing is written, unless REPAIR is asked for.
  func runVerify(_ node: VerifyStatement) throws -> QueryResult {
    let models = try orderedModels(node.selection, in: readSnapshot().catalog)
    var rows: [[Value]] = []
    var broken: [TableEntry] = []
    for table in models {
      let snapshot = writingSnapshot()
      guard let model = table.model else { continue }
      let name = "\(quote(table.schema)).\(quote(table.name))"
      let columns = table.columns.map { quote($0.name) }.joined(separator: ", ")
      let casts = table.columns.map { "CAST(\(quote($0.name)) AS \($0.type)) AS \(quote($0.name))" }
        .joined(separator: ", ")
      let names = table.columns.map { quote($0.name) }.joined(separator: ", ")
      let fresh = "SELECT \(casts) FROM (\(model.sql)) AS recomputed(\(names))"
      isRefreshing = true
      defer { isRefreshing = false }
      let missing =
        try internalQuery(
          "SELECT count(*) FROM (\(fresh) EXCEPT ALL SELECT \(columns) FROM \(name)) d",
          snapshot: snapshot
        ).first?.int(0) ?? 0
      let surplus =
        try internalQuery(
          "SELECT count(*) FROM (SELECT \(columns) FROM \(name) EXCEPT ALL \(fresh)) d",
          snapshot: snapshot
        ).first?.int(0) ?? 0
      if missing + surplus > 0 { broken.append(table) }
      rows.append([
        .varchar(table.name), .count(snapshot.table(table.id).rowCount), .count(missing),
        .count(surplus),
        .varchar(missing + surplus == 0 ? "OK" : node.repairs ? "REPAIRED" : "DIFFERS"),
      ])
    }
    if node.repairs, !broken.isEmpty {
      _ = try refresh(broken, RefreshRequest(rung: .full), trigger: "REPAIR")
    }
    let result = [
      ResultColumn(name: "model", type: .varchar), ResultColumn(name: "rows", type: .bigint),
      ResultColumn(name: "missing", type: .bigint), ResultColumn(name: "surplus", type: .bigint),
      ResultColumn(name: "result", type: .varchar),
    ]
    return Connection.boxedResult(columns: result, rows: rows, kind: "VERIFY")
  }
}
