import IngressDialect
import Kubernetes
import Linux
import Logging
import Model
import Synchronization
import Testing
import Translation

@testable import ControlPlane

/// A dialect of one word: each Ingress makes a host of its rule's host name, with the addresses known for
/// it as aliases. Hosts that begin with `bad` are rejected, and so are those without a ConfigMap of that name
/// when the Ingress asks for one.
private func translate(_ store: ObjectStore, _ names: ResolvedNames) -> Translation {
    var result = Translation(model: ProxyModel())
    for ingress in store.ingresses.all.sorted(by: { $0.metadata.key < $1.metadata.key }) {
        guard let host = ingress.rules.first?.host else { continue }
        let origin = Origin(
            file: ingress.metadata.source.file, line: ingress.metadata.source.firstLine, kind: "Ingress",
            namespace: ingress.metadata.namespace, name: ingress.metadata.name)
        result.names.insert(host)
        let needed = ingress.metadata.annotation("needs")
        if host.hasPrefix("bad") || needed.map({ store.configMaps["default", $0] == nil }) ?? false {
            result.rejected.insert(ingress.reference)
            result.diagnostics.append(Diagnostic(.rejected, origin, field: "spec", "can't be used"))
            continue
        }
        result.model.virtualHosts.append(
            VirtualHost(name: .exact(host), aliases: (names[host] ?? []).map(HostAlias.exact), origin: origin))
    }
    result.model.virtualHosts.sort { $0.name < $1.name }
    return result
}

/// A log that is kept.
private struct LogLines: LogHandler {
    private final class Store: Sendable { let lines = Mutex<[String]>([]) }

    private let store = Store()
    var logLevel = Logger.Level.info
    var metadata: Logger.Metadata = [:]

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) { store.lines.withLock { $0.append("\(event.level): \(event.message)") } }

    var lines: [String] { store.lines.withLock { $0 } }
}

/// A running reconciler over a temporary folder, and the models that it publishes.
private final class RunningReconciler: Sendable {
    let folder: TemporaryFolder
    let records = Records()
    let names: DNSResolver
    let log = LogLines()
    let record = ReconcileRecord()
    let reconciler: Reconciler
    let first: ReconcileOutcome
    private let models: AsyncStream<ProxyModel>
    private let running: Task<Void, Never>

    /// - Parameters:
    ///   - files: Contents by name.
    ///   - refused: A host that the data plane won't have.
    ///   - translate: The dialect.
    ///   - findings: What the data plane finds to be wrong with a model that it takes.
    init(
        _ files: [String: String], addresses: [String: [String]] = [:], refused: String? = nil,
        translate: @escaping Reconciler.Translate = translate,
        findings: @escaping @Sendable (ProxyModel) -> [Diagnostic] = { _ in [] }
    ) async throws {
        folder = try TemporaryFolder()
        for (name, text) in files { try folder.write(text, to: name) }
        for (name, answer) in addresses { records[name] = answer }
        let (models, continuation) = AsyncStream.makeStream(of: ProxyModel.self)
        self.models = models
        names = DNSResolver(refreshSeconds: 3600) { [records] in records.answer($0) }
        reconciler = Reconciler(
            source: try FileSource(paths: [folder.path], isWatching: true), names: names, record: record,
            logger: Logger(label: "test") { [log] _ in log }, translate: translate
        ) { model in
            if let refused, model.virtualHosts.contains(where: { $0.name == .exact(refused) }) {
                return .refused("no")
            }
            continuation.yield(model)
            return .published(findings(model))
        }
        first = try await reconciler.start()
        running = Task { [reconciler] in await reconciler.run() }
    }

    func nextModel() async -> ProxyModel {
        for await model in models { return model }
        return ProxyModel()
    }

    /// The hosts of the next model that is published.
    func nextHosts() async -> [String] { await nextModel().virtualHosts.map(\.name.description) }

    var messages: [String] {
        record.values.diagnostics.map { "\($0)".replacing(folder.path + "/", with: "") }
    }

    func stop() async {
        reconciler.stop()
        await running.value
    }
}

@Suite(.timeLimit(.minutes(10))) struct `Reconciliation` {
    private static func ingress(_ name: String, host: String, needs: String? = nil) -> String {
        """
        apiVersion: networking.k8s.io/v1
        kind: Ingress
        metadata:
          name: \(name)
          annotations: {\(needs.map { "needs: \($0)" } ?? "")}
        spec:
          rules: [{host: \(host)}]

        """
    }

    @Test func `publishes at the start and after each change`() async throws {
        let running = try await RunningReconciler(["a.yaml": Self.ingress("a", host: "a.example")])
        #expect(await running.nextHosts() == ["a.example"])
        try running.folder.write(Self.ingress("b", host: "b.example"), to: "b.yaml")
        #expect(await running.nextHosts() == ["a.example", "b.example"])
        try running.folder.remove("a.yaml")
        #expect(await running.nextHosts() == ["b.example"])
        await running.stop()
        let values = running.record.values
        #expect(values.published == 3)
        #expect(values.model.virtualHosts.map(\.name) == [.exact("b.example")])
        #expect(values.lastSuccessSeconds > 0)
    }

    @Test func `says once what the data plane finds, for as long as it finds the same`() async throws {
        let running = try await RunningReconciler(
            ["a.yaml": Self.ingress("a", host: "odd.example")],
            findings: { model in
                model.virtualHosts.filter { $0.name == .exact("odd.example") }.map { _ in
                    Diagnostic(.rejected, .builtIn, field: "spec", "an odd host")
                }
            })
        func findings() -> [String] { running.log.lines.filter { $0.contains("an odd host") } }
        #expect(await running.nextHosts() == ["odd.example"])
        #expect(running.messages.count == 1)
        try running.folder.write(Self.ingress("b", host: "b.example"), to: "b.yaml")
        #expect(await running.nextHosts() == ["b.example", "odd.example"])
        try running.folder.write(Self.ingress("a", host: "a.example"), to: "a.yaml")
        #expect(await running.nextHosts() == ["a.example", "b.example"])
        try running.folder.write(Self.ingress("a", host: "odd.example"), to: "a.yaml")
        #expect(await running.nextHosts() == ["b.example", "odd.example"])
        try running.folder.write("# the same\n" + Self.ingress("a", host: "odd.example"), to: "a.yaml")
        await running.stop()
        #expect(findings().count == 2, "when it came, and when it came again")
        #expect(findings().allSatisfy { $0.hasPrefix("error: ") })
        #expect(running.messages.count == 1)
    }

    @Test func `looks again when what the objects mean comes to its end`() async throws {
        let looks = Mutex(0)
        let running = try await RunningReconciler([:]) { _, _ in
            let isFirst = looks.withLock { looks in
                looks += 1
                return looks == 1
            }
            let host = VirtualHost(name: .exact(isFirst ? "fresh.example" : "stale.example"), origin: .builtIn)
            var result = Translation(model: ProxyModel(virtualHosts: [host]))
            result.validUntil = isFirst ? 0 : .max
            return result
        }
        #expect(await running.nextHosts() == ["fresh.example"])
        #expect(await running.nextHosts() == ["stale.example"])
        await running.stop()
        #expect(looks.withLock { $0 } == 2)
    }

    @Test func `publishes nothing when the objects mean the same`() async throws {
        let running = try await RunningReconciler(["a.yaml": Self.ingress("a", host: "a.example")])
        _ = await running.nextHosts()
        try running.folder.write(Self.ingress("a", host: "a.example") + "# a comment\n", to: "a.yaml")
        running.reconciler.rereadNow()
        try running.folder.write(Self.ingress("b", host: "b.example"), to: "b.yaml")
        #expect(await running.nextHosts() == ["a.example", "b.example"])
        await running.stop()
    }

    @Test func `leaves a rejected new object out alone`() async throws {
        let running = try await RunningReconciler([
            "a.yaml": Self.ingress("a", host: "bad.example") + "---\n" + Self.ingress("b", host: "b.example")
        ])
        #expect(await running.nextHosts() == ["b.example"])
        #expect(running.messages == ["a.yaml:1: Ingress default/a: spec: can't be used"])
        await running.stop()
    }

    @Test func `keeps the last good version of an object whose change is rejected`() async throws {
        let running = try await RunningReconciler(["a.yaml": Self.ingress("a", host: "a.example")])
        _ = await running.nextHosts()
        try running.folder.write(
            Self.ingress("a", host: "bad.example") + "---\n" + Self.ingress("b", host: "b.example"), to: "a.yaml")
        #expect(await running.nextHosts() == ["a.example", "b.example"])
        try running.folder.write(Self.ingress("c", host: "c.example"), to: "c.yaml")
        #expect(await running.nextHosts() == ["a.example", "b.example", "c.example"])
        try running.folder.write(Self.ingress("a", host: "new.example"), to: "a.yaml")
        #expect(await running.nextHosts() == ["c.example", "new.example"])
        await running.stop()
        #expect(running.messages.isEmpty)
    }

    @Test func `says why a change was rejected and that the last good version stays`() async throws {
        let running = try await RunningReconciler(["a.yaml": Self.ingress("a", host: "a.example")])
        _ = await running.nextHosts()
        try running.folder.write(
            Self.ingress("a", host: "bad.example") + "---\n" + Self.ingress("b", host: "b.example"), to: "a.yaml")
        _ = await running.nextHosts()
        await running.stop()
        #expect(
            running.messages == [
                "a.yaml:1: Ingress default/a: spec: can't be used",
                "a.yaml: Ingress default/a: the last good version of this object stays in use",
            ])
    }

    @Test func `does not bring back what was rejected for another object's sake`() async throws {
        let map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m}\n"
        let running = try await RunningReconciler([
            "a.yaml": Self.ingress("a", host: "a.example", needs: "m"), "m.yaml": map,
        ])
        #expect(await running.nextHosts() == ["a.example"])
        try running.folder.remove("m.yaml")
        #expect(await running.nextHosts() == [])
        try running.folder.write(map, to: "m.yaml")
        #expect(await running.nextHosts() == ["a.example"])
        await running.stop()
    }

    @Test func `keeps the objects of a file that doesn't parse`() async throws {
        let running = try await RunningReconciler(["a.yaml": Self.ingress("a", host: "a.example")])
        _ = await running.nextHosts()
        try running.folder.write("a: [", to: "a.yaml")
        try running.folder.write(Self.ingress("b", host: "b.example"), to: "b.yaml")
        #expect(await running.nextHosts() == ["a.example", "b.example"])
        await running.stop()
    }

    @Test func `goes on with the model in use when a new one is refused`() async throws {
        let running = try await RunningReconciler(
            ["a.yaml": Self.ingress("a", host: "a.example")], refused: "wrong.example")
        _ = await running.nextHosts()
        try running.folder.write(Self.ingress("a", host: "wrong.example"), to: "a.yaml")
        try running.folder.write(Self.ingress("b", host: "b.example"), to: "b.yaml")
        try running.folder.write(Self.ingress("a", host: "right.example"), to: "a.yaml")
        var hosts = await running.nextHosts()
        while !hosts.contains("right.example") { hosts = await running.nextHosts() }
        #expect(hosts == ["b.example", "right.example"])
        await running.stop()
    }

    @Test func `refuses a model that breaks the model's rules`() async throws {
        let running = try await RunningReconciler(["a.yaml": Self.ingress("a", host: "not.a_host!")])
        guard case .refused(let reason) = running.first else {
            Issue.record("\(running.first)")
            return
        }
        #expect(reason.contains("not.a_host!"))
        #expect(running.record.values.refused == 1)
        await running.stop()
    }

    @Test func `knows the addresses of names at the start and follows them`() async throws {
        let running = try await RunningReconciler(
            ["a.yaml": Self.ingress("a", host: "a.example")], addresses: ["a.example": ["10.0.0.1"]])
        #expect(await running.nextModel().virtualHosts.first?.aliases == [.exact("10.0.0.1")])
        running.records["a.example"] = ["10.0.0.2"]
        running.names.refresh()
        #expect(await running.nextModel().virtualHosts.first?.aliases == [.exact("10.0.0.2")])
        await running.stop()
    }

    @Test func `serves Ingresses`() async throws {
        let folder = try TemporaryFolder()
        try folder.write(
            """
            apiVersion: networking.k8s.io/v1
            kind: Ingress
            metadata: {name: web}
            spec:
              rules:
              - host: example.com
                http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}
            ---
            a: [
            """, to: "bad.yaml")
        try folder.write(
            """
            apiVersion: networking.k8s.io/v1
            kind: Ingress
            metadata: {name: web}
            spec:
              rules:
              - host: example.com
                http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}
            """, to: "web.yaml")
        let record = ReconcileRecord()
        let reconciler = Reconciler(
            source: try FileSource(paths: [folder.path], isWatching: false), names: DNSResolver(), record: record,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, translator: IngressTranslator()
        ) { _ in .published([]) }
        _ = try await reconciler.start()
        reconciler.stop()
        await reconciler.run()
        #expect(record.values.model.virtualHosts.map(\.name) == [.exact("example.com")])
        #expect(
            record.values.diagnostics.first.map { "\($0)" }
                == "\(folder["bad.yaml"]):10: column 1: did not find expected node content; "
                + "close the bracket, or quote the value")
    }
}
