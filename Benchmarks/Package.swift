// swift-tools-version: 6.3
import PackageDescription

// The tools that load the proxies under test. They share no code with Gatehouse: what measures must not change with
// what is measured.
let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

let package = Package(
    name: "gatehouse-benchmarks",
    products: [
        // Preloaded into the proxy, to count what it allocates.
        .library(name: "allocations", type: .dynamic, targets: ["Allocations"])
    ],
    targets: [
        .systemLibrary(name: "CEpoll"),
        .target(name: "Allocations"),
        .target(name: "Wire", dependencies: ["CEpoll"], swiftSettings: settings),
        .executableTarget(name: "origin", dependencies: ["Wire"], swiftSettings: settings),
        .executableTarget(name: "load", dependencies: ["Wire"], swiftSettings: settings),
    ]
)
