import Testing
import Translation

@Suite struct `Backend override` {
    @Test func `is read in every form`() {
        #expect(
            BackendOverride("web=127.0.0.1:3000") == BackendOverride(service: "web", host: "127.0.0.1", port: 3000))
        #expect(
            BackendOverride("shop/web:http=localhost:1")
                == BackendOverride(namespace: "shop", service: "web", servicePort: "http", host: "localhost", port: 1))
        #expect(
            BackendOverride("web:80=[::1]:9")
                == BackendOverride(service: "web", servicePort: "80", host: "::1", port: 9))
    }

    @Test(arguments: [
        "", "web", "web=", "web=host", "web=host:", "web=:80", "=host:80", "/web=host:80", "web:=host:80", "web=host:0",
        "web=host:65536", "web=::1:80", "web=[host]:80", "web=[::1:80",
    ])
    func `is not read from anything else`(text: String) { #expect(BackendOverride(text) == nil) }
}
