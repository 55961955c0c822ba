import Kubernetes
import Model
import Testing

@testable import Translation

@Suite struct `Upstream resolver` {
    static func request(
        _ namespace: String, _ service: String, _ balancing: LoadBalancing = .roundRobin, age: Int64 = 1
    ) -> UpstreamRequest {
        let metadata = Metadata(name: "i", namespace: namespace, creationTimestamp: Timestamp(seconds: age))
        return UpstreamRequest(
            ServicePort(namespace: namespace, service: service, port: .number(80)), loadBalancing: balancing,
            seniority: Seniority(metadata), origin: .builtIn, field: .other("test"))
    }

    static func resolved(_ resolver: inout UpstreamResolver, _ store: ObjectStore = ObjectStore()) -> [Upstream] {
        var diagnostics: [Diagnostic] = []
        var names: Set<String> = []
        resolver.resolve(store, TranslationOptions(), names: [:])
        return resolver.results(&diagnostics, &names)
    }

    @Test func `lets the oldest request decide, whenever it comes`() {
        var resolver = UpstreamResolver()
        let old = Self.request("shop", "web", .ewma, age: 1)
        let new = Self.request("shop", "web", .addressHash, age: 2)
        resolver.insert(new)
        #expect(Self.resolved(&resolver).map(\.loadBalancing) == [.addressHash])
        resolver.insert(old)
        #expect(Self.resolved(&resolver).map(\.loadBalancing) == [.ewma])
        resolver.remove(old)
        #expect(Self.resolved(&resolver).map(\.loadBalancing) == [.addressHash])
        resolver.remove(new)
        #expect(Self.resolved(&resolver).isEmpty)
    }

    @Test func `never lets two Services share an upstream`() {
        var resolver = UpstreamResolver()
        let first = Self.request("a-b", "c", age: 1)
        let second = Self.request("a", "b-c", age: 2)
        resolver.insert(second)
        resolver.insert(first)
        #expect(Self.resolved(&resolver).map(\.id.name) == ["a-b-c-80", "a/b-c:80"])
        #expect(resolver.renamed == [second.target: UpstreamID("a/b-c:80")])
        resolver.remove(first)
        #expect(Self.resolved(&resolver).map(\.id.name) == ["a-b-c-80"])
        #expect(resolver.renamed.isEmpty)
    }

    @Test func `notices that a Service's slices changed`() {
        let slice = EndpointSlice(
            metadata: Metadata(name: "web-1", namespace: "shop", labels: [EndpointSlice.serviceNameLabel: "web"]),
            ports: [EndpointSlice.Port(port: 8080)], endpoints: [EndpointSlice.Endpoint(addresses: ["10.0.0.1"])])
        let service = Service(metadata: Metadata(name: "web", namespace: "shop"), ports: [Service.Port(port: 80)])
        var store = ObjectStore([.service(service)])
        var resolver = UpstreamResolver()
        resolver.insert(Self.request("shop", "web"))
        #expect(Self.resolved(&resolver, store).map(\.endpoints.count) == [0])
        store.put(.endpointSlice(slice))
        #expect(Self.resolved(&resolver, store).map(\.endpoints.count) == [1])
        store.remove(slice.reference)
        #expect(Self.resolved(&resolver, store).map(\.endpoints.count) == [0])
        let older = Endpoints(metadata: Metadata(name: "web", namespace: "shop"), slices: [slice])
        store.put(.endpoints(older))
        #expect(Self.resolved(&resolver, store).map(\.endpoints.count) == [1])
        store.remove(service.reference)
        #expect(Self.resolved(&resolver, store).map(\.endpoints.count) == [0])
    }
}
