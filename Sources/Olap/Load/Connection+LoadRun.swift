package import OlapStorage

extension Connection {
  /// Records a load into a bronze table: it is a run of the pipeline like a refresh.
  func recordLoad(
    _ request: LoadRequest, rows: Int, files: Int, startedAt: Int64, _ writer: WriteTransaction
  ) throws {
    try RunLog.prepare(writer)
    var run = PipelineRun(name: "load", trigger: request.table, startedAt: startedAt)
    run.processed = rows
    run.files = files
    try run.append(writer)
  }
}
