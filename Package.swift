// swift-tools-version: 6.2
// The engine's rooms, bottom up; imports go down this list only (spec/architecture.md).
import PackageDescription

/// `-march=x86-64-v3` lets the C shim and the vectoriser use AVX2; the CPU is checked at start.
let settings: [SwiftSetting] = [
  .unsafeFlags(["-Xcc", "-march=x86-64-v3"], .when(platforms: [.linux], configuration: .release)),
  .enableUpcomingFeature("ExistentialAny"),
]

let package = Package(
  name: "olap",
  products: [
    .library(name: "Olap", targets: ["Olap"]),
    .executable(name: "olap", targets: ["OlapCLI"]),
    .executable(name: "olap-datasets", targets: ["OlapDatasets"]),
  ],
  targets: [
    .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .target(name: "CIntrinsics"),
    .target(name: "CRE2", linkerSettings: [.linkedLibrary("re2"), .linkedLibrary("stdc++")]),
    .target(name: "OlapColumns", dependencies: ["CIntrinsics"], swiftSettings: settings),
    .target(name: "OlapSQL", swiftSettings: settings),
    .target(name: "OlapCatalog", dependencies: ["OlapColumns"], swiftSettings: settings),
    .target(
      name: "OlapFunctions", dependencies: ["OlapColumns", "CIntrinsics", "CRE2"],
      swiftSettings: settings),
    .target(
      name: "OlapStorage", dependencies: ["OlapColumns", "OlapCatalog", "CZstd", "CIntrinsics"],
      swiftSettings: settings),
    .target(
      name: "OlapFormats",
      dependencies: ["OlapColumns", "OlapFunctions", "CZstd", "CZlib", "CIntrinsics"],
      swiftSettings: settings),
    .target(
      name: "OlapPlanning",
      dependencies: ["OlapColumns", "OlapSQL", "OlapCatalog", "OlapFunctions"],
      swiftSettings: settings),
    .target(
      name: "OlapExecution",
      dependencies: [
        "OlapColumns", "OlapCatalog", "OlapFunctions", "OlapStorage", "OlapPlanning", "CIntrinsics",
      ],
      swiftSettings: settings),
    .target(
      name: "Olap",
      dependencies: [
        "OlapColumns", "OlapSQL", "OlapCatalog", "OlapFunctions", "OlapFormats", "OlapStorage",
        "OlapPlanning", "OlapExecution",
      ],
      swiftSettings: settings),
    .testTarget(
      name: "OlapColumnsTests", dependencies: ["OlapColumns"], exclude: ["Casts.tsv"],
      swiftSettings: settings),
    .testTarget(name: "OlapTests", dependencies: ["Olap", "OlapTestSupport"]),
    .testTarget(
      name: "OlapPlanningTests",
      dependencies: ["OlapPlanning", "OlapSQL", "OlapCatalog", "OlapColumns", "OlapFunctions"]),
    .testTarget(name: "OlapSQLTests", dependencies: ["OlapSQL"], exclude: ["Corpus"]),
    .target(
      name: "OlapProjects", dependencies: ["Olap", "OlapColumns"], swiftSettings: settings),
    .executableTarget(
      name: "OlapCLI", dependencies: ["Olap", "OlapProjects"], swiftSettings: settings),
    .executableTarget(name: "OlapDatasets", swiftSettings: settings),
    .testTarget(
      name: "OlapExecutionTests",
      dependencies: [
        "OlapExecution", "OlapColumns", "OlapCatalog", "OlapFunctions", "OlapStorage",
        "OlapPlanning",
      ], swiftSettings: settings),
    .target(
      name: "OlapTestSupport", dependencies: ["OlapStorage"], path: "Tests/Support",
      swiftSettings: settings),
    .testTarget(
      name: "OlapStorageTests",
      dependencies: ["OlapStorage", "OlapColumns", "OlapCatalog", "OlapTestSupport"],
      swiftSettings: settings),
    .testTarget(
      name: "OlapFormatsTests", dependencies: ["Olap", "OlapFormats", "OlapColumns"],
      exclude: ["Corpus"]),
    .testTarget(name: "OlapShellTests"),
    .testTarget(name: "OlapDatasetsTests", dependencies: ["OlapDatasets"]),
    .systemLibrary(
      name: "CSQLite", path: "Tests/CSQLite", pkgConfig: "sqlite3",
      providers: [.apt(["libsqlite3-dev"])]),
    .testTarget(
      name: "OracleTests", dependencies: ["Olap", "OlapColumns", "OlapTestSupport", "CSQLite"],
      swiftSettings: settings),
    .testTarget(
      name: "CrashTests", dependencies: ["Olap", "OlapStorage", "OlapTestSupport", "OlapCLI"],
      swiftSettings: settings),
    .testTarget(
      name: "OlapProjectsTests", dependencies: ["Olap", "OlapProjects", "OlapCLI", "OlapDatasets"],
      swiftSettings: settings),
    .testTarget(
      name: "OlapFunctionsTests", dependencies: ["OlapFunctions", "OlapColumns"],
      swiftSettings: settings),
  ],
  swiftLanguageModes: [.v6], cxxLanguageStandard: .cxx17
)
