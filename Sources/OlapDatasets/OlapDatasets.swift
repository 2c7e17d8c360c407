import Glibc

/// `olap-datasets DATASET [OPTIONS]`: writes the generated data sets of `datasets/`.
///
/// Every data set is a pure function of its options: the same seed gives the same bytes on every
/// machine. The generators know nothing of the engine.
@main
struct OlapDatasets {
  static let usage: String = """
    usage: olap-datasets DATASET --out DIR [options]

      keycrm          orders of a shop, as its CRM exports them
          --orders N      orders before the sync batch (100000)
          --days D        days of history (730)
          --until DATE    last day (2025-11-30)
          --seed S        (1)
          --sync-batch    also write DIR/sync: two days of changed and new orders
      tpch            the eight tables of TPC-H
          --scale SF      scale factor, from 0.001 (1)
          --table NAME    one table only
          --seed S        (2)
      trade-profiles  customs' shipment records and companies of a trade platform
          --repeat N      copies, each with companies of its own (1)
          --seed S        (1)
      hits            page views of a web analytics service
          --rows N        (1000000)
          --seed S        (1)

    """

  static func main() {
    do {
      var arguments = try CommandArguments(Array(CommandLine.arguments.dropFirst()))
      if arguments.dataset == "help" {
        write(usage, to: 1)
        return
      }
      try run(&arguments)
    } catch {
      write("olap-datasets: \(error.message)\n", to: 2)
      exit(error.isUsage ? 2 : 1)
    }
  }

  private static func run(_ arguments: inout CommandArguments) throws(DatasetError) {
    switch arguments.dataset {
    case "hits": try HitsDataset(&arguments).generate()
    case "keycrm": try KeycrmDataset(&arguments).generate()
    case "trade-profiles":
      var dataset = try TradeProfilesDataset(&arguments)
      try dataset.generate()
    case "tpch": try TPCHDataset(&arguments).generate()
    default:
      throw .usage("unknown data set '\(arguments.dataset)'; try: olap-datasets help")
    }
  }

  private static func write(_ text: String, to descriptor: Int32) {
    var text = text
    text.withUTF8 { bytes in
      _ = Glibc.write(descriptor, bytes.baseAddress, bytes.count)
    }
  }
}
