import ArgumentParser
import Foundation
import Linux
import Logging
import Model
import Telemetry
import Translation

/// `gatehouse serve`: routes traffic as the manifests say, and follows their changes.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Route traffic as the manifests say, and follow their changes.",
        discussion: """
            A minimal start, with the built-in echo backends in place of real ones: \
            gatehouse serve -f ingress.yaml --demo-backends
            """)

    @OptionGroup var manifests: ManifestOptions
    @OptionGroup(title: "Controller options") var controller: ControllerOptions

    @Option(help: ArgumentHelp("The port for HTTP, up to 65535; 0 lets the system choose.", valueName: "port"))
    var httpPort: UInt16 = 8080

    @Option(help: ArgumentHelp("The port for HTTPS, up to 65535; 0 lets the system choose.", valueName: "port"))
    var httpsPort: UInt16 = 8443

    @Option(help: ArgumentHelp("The address to listen on; all IPv4 and IPv6 addresses if not given.", valueName: "ip"))
    var address: Address?

    @Option(
        help: ArgumentHelp("The port for health and metrics, up to 65535; 0 lets the system choose.", valueName: "port")
    )
    var adminPort: UInt16 = 10254

    @Option(help: ArgumentHelp("The address for health and metrics.", valueName: "ip"))
    var adminAddress = Address(.loopbackV4)

    @Option(
        help: ArgumentHelp(
            "Worker threads: 1 to 256, or auto for worker-processes of the ConfigMap, else one per usable core.",
            valueName: "n|auto"))
    var workers = WorkerCount.automatic

    @Flag(
        name: .customLong("h2c"),
        help: "Let clients speak HTTP/2 on the HTTP port, too, when they begin with it (prior knowledge).")
    var acceptsCleartextHTTP2 = false

    @Flag(help: "Answer for Services without endpoints with a built-in origin that shows what was chosen.")
    var demoBackends = false

    @Option(
        help: ArgumentHelp(
            "The folder with MaxMind's databases (GeoLite2-City.mmdb, ...) that use-geoip2 of the ConfigMap asks for; it need "
                + "not exist.",
            valueName: "path"))
    var geoipDirectory = "/etc/ingress-controller/geoip"

    @Flag(help: "Do not follow changes of the manifests.")
    var noWatch = false

    @Flag(help: "Refuse to start when an object is rejected.")
    var strict = false

    @Option(
        help: ArgumentHelp("Where the access log goes: a file, - for standard output, or off.", valueName: "path|-|off")
    )
    var accessLog = "-"

    @Option(help: "What is logged: trace, debug, info, notice, warning, error or critical.")
    var logLevel = Logger.Level.info

    @Option(help: "How log lines look: text or json.")
    var logFormat = LogFormat.text

    @Option(
        help: ArgumentHelp(
            "How long requests may go on after SIGTERM: 500ms, 30s, 2m, 1h; worker-shutdown-timeout of the ConfigMap if not "
                + "given, else 30s.",
            valueName: "duration"))
    var shutdownGrace: TimeSpan?

    func validate() throws {
        guard httpPort != httpsPort || httpPort == 0 else {
            throw ValidationError("--http-port and --https-port are both \(httpPort); give each a port of its own")
        }
    }

    func run() async throws {
        guard !manifests.paths.isEmpty else { return explain() }
        let logger = Logger(label: "gatehouse") { [logFormat, logLevel] _ in LogOutput(logFormat, level: logLevel) }
        do {
            try await Server(self, logger).run()
        } catch let fault as StartFault {
            Printing.remark("gatehouse: \(fault.message)")
            throw ExitCode(1)
        }
    }

    /// Without manifests there is nothing to serve: says what this is and how to begin.
    private func explain() {
        Printing.result(
            """
            Gatehouse routes HTTP traffic as Kubernetes Ingress manifests say. It needs manifests:

              gatehouse serve -f ingress.yaml --demo-backends
                  serves them on port \(httpPort), with a built-in echo origin for every Service
              gatehouse serve -f ingress.yaml --backend shop/web=127.0.0.1:3000
                  sends the Service shop/web to a process on this machine
              gatehouse check -f ingress.yaml
                  says what is wrong with them
              gatehouse help serve
                  lists all options
            """)
    }
}

/// Why serving could not begin, in words for whoever started it.
struct StartFault: Error {
    var message: String

    init(_ message: String) { self.message = message }

    init(_ action: String, _ error: Errno, remedy: String = "") {
        message = "\(action): \(error)" + (remedy.isEmpty ? "" : "; \(remedy)")
    }
}
