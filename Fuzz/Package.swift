// swift-tools-version: 6.3
import PackageDescription

// The fuzzer. Its seeds stand in the folders beside this file, one for each target; the tests replay
// them too, with the same promises (`Tests/Promises`).
let package = Package(
    name: "fuzz",
    dependencies: [.package(name: "gatehouse", path: "..")],
    targets: [
        .executableTarget(
            name: "fuzz",
            dependencies: [.product(name: "Promises", package: "gatehouse")],
            // libFuzzer brings `main`, so the executable is compiled as a library; gold stumbles over the sanitizers.
            swiftSettings: [.unsafeFlags(["-parse-as-library"])],
            linkerSettings: [.unsafeFlags(["-use-ld=lld"])])
    ]
)
