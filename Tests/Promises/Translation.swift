import Filters
import HTTP
import IngressDialect
import Kubernetes
import Model
import Translation

/// Objects give a model that holds to all rules of models, the same one each time; each of its routes can be compiled, and
/// whatever a route says to a request breaks out of no line.
func brokenTranslation(of objects: [KubernetesObject]) -> String? {
    let store = ObjectStore(objects)
    var translator = IngressTranslator()
    let translation = translator.translate(store, names: names)
    let model = translation.model
    if let fault = model.faults().first ?? FilterCheck.diagnostics(model).first { return "the model: \(fault)" }
    if translator.translate(store, names: names).model != model { return "the translator's second model is another" }
    for host in model.virtualHosts.prefix(4) {
        for route in host.routes.prefix(8) {
            if let broken = brokenDecisions(route, host, model.settings) { return broken }
        }
    }
    return nil
}

/// Names that annotations may speak of.
private let names: ResolvedNames = ["auth.example.com": ["192.0.2.1"], "test.example.com": ["192.0.2.2"]]

/// Requests that hold whatever rules may ask for, and what should not come out as it went in.
private let requests = [
    "GET /api/v1/a%20b?x=1&y=%0d%0aX:1 HTTP/1.1\r\nHost: shop.example.com\r\nCookie: a=b; route=x\r\nX-Tenant: one\r\n\r\n",
    "OPTIONS //evil.example/%2e HTTP/1.1\r\nHost: shop.example.com:8080\r\nOrigin: https://a.example\r\n"
        + "Access-Control-Request-Method: PUT\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: www.example.com\r\nContent-Length: 70000000\r\nAuthorization: Basic YTpi\r\n"
        + "X-Forwarded-For: 10.0.0.1\r\nUser-Agent: curl/8 (\"x\")\r\n\r\n",
].map { Array($0.utf8) }

/// What a route says to some requests, one of them for its own path.
private func brokenDecisions(_ route: Route, _ host: VirtualHost, _ settings: Settings) -> String? {
    guard var trial = Trial(route, of: host, settings) else { return "a route that passed the check can't be compiled" }
    var own = ""
    if case .exact(let path) = route.match.path { own = path }
    if case .prefix(let path) = route.match.path { own = path }
    for request in requests + [Array("GET \(own) HTTP/1.1\r\nHost: a\r\n\r\n".utf8)] {
        var parser = RequestHeadParser()
        var head = RequestHead()
        guard let length = try? parser.parse(request.span, into: &head), length == request.count else { continue }
        if let broken = trial.brokenAnswer(to: head) { return "\(route.labels.path): \(broken)" }
    }
    return nil
}
