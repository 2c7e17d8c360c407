// swift-tools-version: 6.2
// A program that links olap as a versioned package. `make example` builds and runs it.
import PackageDescription

/// The repository to depend on: a URL with version tags, or this checkout.
let olap: Package.Dependency =
  Context.environment["OLAP_REPOSITORY"].map { .package(url: $0, from: "0.1.0") }
  ?? .package(name: "olap", path: "../..")

let package = Package(
  name: "SalesReport",
  dependencies: [olap],
  targets: [
    .executableTarget(
      name: "SalesReport", dependencies: [.product(name: "Olap", package: "olap")])
  ])
