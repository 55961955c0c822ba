// swift-tools-version: 6.3
import PackageDescription

// Every target builds in Swift 6 mode with warnings as errors. Targets that wrap no C library
// also build with strict memory safety: unsafe code lives on the floors that need it, nowhere else.
let common: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableExperimentalFeature("Lifetimes"),
    // A request walks through a dozen rooms: what one says of itself in a line is compiled into the others (Docs/decisions/0037).
    .unsafeFlags(["-cross-module-optimization"], .when(configuration: .release)),
]
let memorySafe: [SwiftSetting] = common + [.strictMemorySafety()]

/// For targets whose objects belong to one worker and are touched on every request: run-time exclusivity checks
/// cost a quarter of their time, so release builds leave them out; debug builds, which run the tests, keep them
/// (Docs/decisions/0012).
let requestPath: [SwiftSetting] = [
    .unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release))
]

/// A target that contains no unsafe code.
func room(
    _ name: String, on dependencies: [Target.Dependency] = [], settings: [SwiftSetting] = []
) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: memorySafe + settings)
}

/// A target that wraps system interfaces and may contain unsafe code.
func wrapper(_ name: String, on dependencies: [Target.Dependency], settings: [SwiftSetting] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: common + settings)
}

func tests(_ name: String, on dependencies: [Target.Dependency], resources: [Resource] = []) -> Target {
    .testTarget(name: name, dependencies: dependencies, resources: resources, swiftSettings: common)
}

let yams = Target.Dependency.product(name: "Yams", package: "Yams")
let log = Target.Dependency.product(name: "Logging", package: "swift-log")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")

let package = Package(
    name: "gatehouse",
    products: [
        .executable(name: "gatehouse", targets: ["gatehouse"]),
        // What must hold for hostile bytes, for the fuzzer of `Fuzz/Package.swift`.
        .library(name: "Promises", targets: ["Promises"]),
    ],
    dependencies: [
        .package(url: "https://github.com/jpsim/Yams", from: "6.0.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.6.0"),
    ],
    targets: [
        // Ground: C made visible.
        .systemLibrary(name: "CLinux"),
        .systemLibrary(name: "CNghttp2", pkgConfig: "libnghttp2", providers: [.apt(["libnghttp2-dev"])]),
        .systemLibrary(name: "CCrypt", providers: [.apt(["libcrypt-dev"])]),
        .systemLibrary(name: "CPCRE2", pkgConfig: "libpcre2-8", providers: [.apt(["libpcre2-dev"])]),
        .systemLibrary(name: "CMaxMindDB", pkgConfig: "libmaxminddb", providers: [.apt(["libmaxminddb-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),

        // Floor 1
        wrapper("Bytes", on: []),
        wrapper("Linux", on: ["CLinux", "Bytes"]),

        // Floor 2
        room("HTTP", on: ["Bytes"]),
        wrapper("Pattern", on: ["CPCRE2", "Bytes"]),
        wrapper("Gzip", on: ["CZlib", "Bytes"]),
        room("Model"),
        room("Telemetry", on: ["Bytes", "Linux"], settings: requestPath),
        room("Kubernetes", on: ["Bytes", yams]),

        // Floor 3
        room("EventLoop", on: ["Linux", "Bytes"], settings: requestPath),
        wrapper("Passwords", on: ["CCrypt", "COpenSSL", "Bytes"]),
        wrapper("TLS", on: ["COpenSSL", "Linux", "Bytes"]),
        wrapper("GeoIP", on: ["CMaxMindDB", "Model", "Linux", "Bytes"], settings: requestPath),
        wrapper("HTTP2", on: ["CNghttp2", "HTTP", "Bytes"], settings: requestPath),
        room("Routing", on: ["Model", "HTTP", "Pattern", "Bytes"]),
        room("Balancing", on: ["Model", "Bytes"]),
        room("Translation", on: ["Kubernetes", "Model"]),

        // Floor 4
        room(
            "Filters", on: ["Routing", "Passwords", "GeoIP", "Model", "HTTP", "Pattern", "Bytes"], settings: requestPath
        ),
        room("IngressDialect", on: ["Translation", "Kubernetes", "Model", "Passwords", "Pattern", "HTTP"]),

        // Floor 5
        room(
            "Proxy",
            on: [
                "Filters", "Routing", "Balancing", "GeoIP", "Model", "EventLoop", "TLS", "HTTP2", "HTTP", "Pattern",
                "Gzip",
                "Telemetry", "Linux", "Bytes",
            ], settings: requestPath),
        room(
            "ControlPlane",
            on: ["IngressDialect", "Translation", "Kubernetes", "GeoIP", "Model", "Linux", "Telemetry", log]),
        room("Admin", on: ["EventLoop", "HTTP", "Routing", "Model", "Telemetry", "Linux", "Bytes"]),

        // Roof
        .executableTarget(
            name: "gatehouse",
            dependencies: [
                "Proxy", "ControlPlane", "Admin", "IngressDialect", "Translation", "Kubernetes", "Routing", "Filters",
                "Balancing", "GeoIP", "Model", "EventLoop", "TLS", "HTTP", "Pattern", "Telemetry", "Linux", "Bytes",
                log,
                arguments,
            ],
            swiftSettings: memorySafe),

        // Tests
        .target(
            name: "TestSupport", dependencies: ["COpenSSL", "CZlib", "TLS", "Linux", "Bytes"],
            path: "Tests/TestSupport",
            swiftSettings: common),
        .target(
            name: "Promises",
            dependencies: [
                "IngressDialect", "Translation", "Kubernetes", "Filters", "Routing", "Balancing", "Model", "Pattern",
                "GeoIP", "HTTP2", "TLS", "Passwords", "HTTP", "Bytes",
            ], path: "Tests/Promises", swiftSettings: common),
        tests("PromiseTests", on: ["Promises", "TestSupport"]),
        tests("BytesTests", on: ["Bytes"]),
        tests("LinuxTests", on: ["Linux", "Bytes", "TestSupport"]),
        tests("HTTPTests", on: ["HTTP", "Bytes", "TestSupport"]),
        tests("HTTP2Tests", on: ["HTTP2", "HTTP", "Bytes", "Promises", "TestSupport"]),
        tests("PatternTests", on: ["Pattern", "Bytes", "TestSupport"]),
        tests("GzipTests", on: ["Gzip", "Bytes", "TestSupport"]),
        tests("ModelTests", on: ["Model"]),
        tests("TelemetryTests", on: ["Telemetry", "Linux", "Bytes"]),
        tests("KubernetesTests", on: ["Kubernetes"]),
        tests("EventLoopTests", on: ["EventLoop", "Linux", "Bytes"]),
        tests("GeoIPTests", on: ["GeoIP", "Model", "Linux", "Bytes", "TestSupport"]),
        tests("PasswordsTests", on: ["Passwords", "Bytes"]),
        tests("TLSTests", on: ["TLS", "Linux", "Bytes", "TestSupport"]),
        tests("RoutingTests", on: ["Routing", "Model", "HTTP", "Pattern", "Bytes", "TestSupport"]),
        tests("BalancingTests", on: ["Balancing", "Model", "Bytes"]),
        tests("FiltersTests", on: ["Filters", "GeoIP", "Routing", "Model", "HTTP", "Pattern", "Bytes", "TestSupport"]),
        tests("TranslationTests", on: ["Translation", "Kubernetes", "Model"]),
        .testTarget(
            name: "IngressDialectTests",
            dependencies: ["IngressDialect", "Translation", "Kubernetes", "Model", "TestSupport"],
            exclude: ["Fixtures"], swiftSettings: common),
        tests(
            "ControlPlaneTests",
            on: [
                "ControlPlane", "IngressDialect", "Translation", "Kubernetes", "GeoIP", "Model", "Linux", log,
                "TestSupport",
            ]),
        tests("AdminTests", on: ["Admin", "Telemetry", "Linux", "Bytes", "TestSupport"]),
        tests(
            "ProxyTests",
            on: [
                "Proxy", "Filters", "Routing", "Balancing", "Model", "EventLoop", "HTTP", "Telemetry", "Linux", "Bytes",
                "TestSupport",
            ]),
        tests(
            "AnnotationTests",
            on: [
                "Proxy", "ControlPlane", "IngressDialect", "Translation", "Kubernetes", "GeoIP", "Filters", "Model",
                "Passwords", "Telemetry", "TLS", "Linux", "TestSupport",
            ]),
        tests(
            "gatehouseTests",
            on: [
                "gatehouse", "ControlPlane", "Translation", "Kubernetes", "Routing", "Model", "Linux", "Bytes",
                arguments,
            ]),
        // Run the executable itself, so it must have been built.
        .testTarget(
            name: "EndToEndTests", dependencies: ["gatehouse", "TestSupport", "Linux", "CLinux"], exclude: ["Clients"],
            swiftSettings: common),
    ]
)
