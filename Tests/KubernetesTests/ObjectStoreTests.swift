import Testing

@testable import Kubernetes

@Suite struct `Object store` {
    private func slice(_ name: String, of service: String?) -> KubernetesObject {
        let labels = service.map { [EndpointSlice.serviceNameLabel: $0] } ?? [:]
        return .endpointSlice(EndpointSlice(metadata: Metadata(name: name, labels: labels)))
    }

    private func names(_ slices: [EndpointSlice]) -> [String] { slices.map(\.metadata.name) }

    private let web = NamespacedName(namespace: "default", name: "web")
    private let api = NamespacedName(namespace: "default", name: "api")

    @Test func `finds objects by kind, namespace and name`() {
        let service = Service(metadata: Metadata(name: "web", namespace: "shop"))
        let store = ObjectStore([
            .service(service), .namespace(Namespace(metadata: Metadata(name: "shop", namespace: ""))),
        ])
        #expect(store.services["shop", "web"] == service)
        #expect(store.services["default", "web"] == nil)
        #expect(store[ObjectReference(kind: .namespace, namespace: "", name: "shop")] != nil)
        #expect(store[ObjectReference(kind: .secret, namespace: "shop", name: "web")] == nil)
        #expect(store.count == 2)
    }

    @Test func `gives a Service its slices in the order of names`() {
        let store = ObjectStore([slice("web-b", of: "web"), slice("web-a", of: "web"), slice("other", of: nil)])
        #expect(names(store.endpointSlices(of: web)) == ["web-a", "web-b"])
    }

    @Test func `follows a slice from one Service to another`() {
        var store = ObjectStore([slice("s", of: "web")])
        store.put(slice("s", of: "api"))
        #expect(store.endpointSlices(of: web).isEmpty)
        #expect(names(store.endpointSlices(of: api)) == ["s"])
        store.remove(ObjectReference(kind: .endpointSlice, namespace: "default", name: "s"))
        #expect(store.endpointSlices(of: api).isEmpty)
    }

    @Test func `takes slices before the older Endpoints`() {
        var store = ObjectStore()
        store.put(
            .endpoints(
                Endpoints(metadata: Metadata(name: "web"), slices: [EndpointSlice(metadata: Metadata(name: "web"))])))
        #expect(names(store.endpointSlices(of: web)) == ["web"])
        store.put(slice("web-a", of: "web"))
        #expect(names(store.endpointSlices(of: web)) == ["web-a"])
    }

    @Test func `leaves copies as they were`() {
        let before = ObjectStore([slice("s", of: "web")])
        var after = before
        after.remove(ObjectReference(kind: .endpointSlice, namespace: "default", name: "s"))
        #expect(before.count == 1 && after.count == 0)
        #expect(before.version < after.version)
    }
}

@Suite struct `Timestamps` {
    @Test(arguments: [
        ("1970-01-01T00:00:00Z", 0), ("2000-02-29T23:59:59Z", 951_868_799),
        ("2026-01-31T12:00:00.123456Z", 1_769_860_800),
        ("2026-01-31T14:00:00+02:00", 1_769_860_800), ("1969-12-31T23:59:59Z", -1),
    ])
    func `are read to the second`(text: String, seconds: Int64) {
        #expect(Timestamp(text)?.seconds == seconds)
    }

    @Test(arguments: [
        "", "2026-01-31", "2026-13-01T00:00:00Z", "2026-01-31T12:00:00", "2026-01-31T12:00:00Zx", "yesterday",
    ])
    func `are refused in any other form`(text: String) {
        #expect(Timestamp(text) == nil)
    }
}

@Suite struct `Nearest name` {
    @Test(
        arguments: [
            ("pathtype", "pathType"), ("pathTyp", "pathType"), ("bakcend", "backend"), ("pth", "path"), ("x", nil),
            ("annotation", nil),
        ] as [(String, String?)])
    func `is found for a typo and not for another word`(text: String, nearest: String?) {
        #expect(nearestName(to: text, among: ["path", "pathType", "backend"]) == nearest)
    }
}
