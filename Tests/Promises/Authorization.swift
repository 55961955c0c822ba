import Bytes
import Filters
import Foundation
import HTTP
import Model

/// The value of an `Authorization` field lets in who says the one name and password that there are, or proves to know them,
/// and nobody else.
///
/// The input is the value. In it a byte 1 stands for the proxy's nonce, and a byte 2 for the answer to it that only the user
/// can give.
func brokenAuthorization(_ bytes: [UInt8]) -> String? {
    brokenPassword(bytes) ?? brokenProof(bytes)
}

private func brokenPassword(_ value: [UInt8]) -> String? {
    guard FieldSyntax.isValue(value.span) else { return nil }
    let user = Credential(name: "ann", secret: SealedBytes(Array("{PLAIN}secret".utf8)))
    guard var gate = gate({ $0.basicAuth = BasicAuth(realm: Gate.realm, users: [user]) }) else { return "no gate" }
    guard let verdict = gate.answer(to: value) else { return nil }
    let expected: Verdict = isLogin(withoutBlanks(value[...])) ? .proceed : .challenge
    return verdict == expected ? nil : "a password gets \(verdict), not \(expected)"
}

/// Whether a value is `Basic` with the base64 of name and password (RFC 7617 §2): ten bytes, so fourteen digits and two signs
/// of padding, which may be missing.
private func isLogin(_ value: [UInt8]) -> Bool {
    guard String(decoding: value.prefix(6), as: UTF8.self).lowercased() == "basic " else { return false }
    let text = value.dropFirst(6).drop { $0 == UInt8(ascii: " ") }
    let padding = Array("==".utf8)
    guard text.count == 14 || text.count == 16 && text.suffix(2) == padding[...] else { return false }
    return Data(base64Encoded: Data(text.prefix(14) + padding)).map { [UInt8]($0) } == Array("ann:secret".utf8)
}

private func brokenProof(_ bytes: [UInt8]) -> String? {
    let digest = Gate.hexadecimal("ann:\(Gate.realm):secret")
    let user = Credential(name: "ann", secret: SealedBytes(Array(digest.utf8)))
    guard var gate = gate({ $0.digestAuth = DigestAuth(realm: Gate.realm, users: [user]) }), let nonce = gate.nonce()
    else { return "no gate" }
    let response = Gate.response(to: nonce, knowing: digest)
    let value = bytes.flatMap { byte in
        switch byte {
        case 1: Array(nonce.utf8)
        case 2: Array(response.utf8)
        default: [byte]
        }
    }
    guard FieldSyntax.isValue(value.span), let verdict = gate.answer(to: value) else { return nil }
    switch verdict {
    case .proceed: return bytes.contains(1) && bytes.contains(2) ? nil : "who proves nothing comes in"
    case .challenge: return bytes == proofOfUser ? "who proves to know the password stays out" : nil
    default: return "a proof gets \(verdict)"
    }
}

/// What a browser sends. One seed must be this, or the fuzzer may never get past the gate.
public let proofOfUser = Array(Gate.proof(of: "ann", nonce: "\u{1}", response: "\u{2}").utf8)

private func gate(_ change: (inout RoutePolicy) -> Void) -> Gate? {
    var policy = RoutePolicy()
    change(&policy)
    let route = Route(
        match: RouteMatch(path: .prefix("/")), action: .forward(UpstreamID("shop-web-80")), policy: policy,
        labels: RouteLabels(namespace: "shop", object: "web", service: "web", servicePort: "80", path: "/", host: ""),
        origin: .builtIn)
    return Gate(route, of: VirtualHost(name: .any, routes: [route], origin: .builtIn), Settings())
}
