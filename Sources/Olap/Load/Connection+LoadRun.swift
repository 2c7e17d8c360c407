internal import OlapColumns
internal import OlapStorage

extension Connection {
  /// Records a load into a bronze table: it is a run of the pipeline like a refresh.
  func recordLoad(
    _ request: LoadRequest, _ report: LoadReport, runID: Value, files: Int, startedAt: Int64,
    _ writer: WriteTransaction
  ) throws {
    try RunLog.prepare(writer)
    var run = PipelineRun(name: "load", trigger: request.table, startedAt: startedAt)
    run.id = runID
    run.processed = report.inserted + report.updated
    run.created = report.inserted
    run.updated = report.updated
    run.unchanged = report.unchanged
    run.skipped = report.rejected + report.refused
    run.files = files
    try run.append(writer)
  }
}
