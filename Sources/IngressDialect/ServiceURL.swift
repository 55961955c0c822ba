import Kubernetes
import Translation

/// The URL of a service that Gatehouse makes requests of its own to: `http://auth.$namespace.svc:8080/check?for=$host`.
///
/// Variables in the host are replaced when an Ingress is translated, so that the addresses are known before anybody
/// waits for them; those behind it when a request comes.
struct ServiceURL: Sendable, Hashable {
    var isSecure: Bool
    /// A name or a literal address without brackets; may hold variables.
    var host: String
    var port: Int
    /// Path and query; may be empty, and may begin with a variable.
    var target: String

    /// Variables that begin a path, so that they end the host.
    private static let pathVariables = ["request_uri", "uri", "document_uri"]

    /// Reads a URL whose characters have been checked. Its text may hold a password and is in no fault.
    static func parse(_ text: String) throws(ValueFault) -> ServiceURL {
        let isSecure = text.hasPrefix("https://")
        guard isSecure || text.hasPrefix("http://") else {
            throw ValueFault("expected a URL that begins with http:// or https://")
        }
        let rest = text.dropFirst(isSecure ? 8 : 7)
        let end = endOfAuthority(rest)
        var host = rest[..<end]
        guard !host.contains("@") else { throw ValueFault("has a user name or password, which would be sent nowhere") }
        var port = isSecure ? 443 : 80
        if let colon = host.lastIndex(of: ":"), !host.hasSuffix("]") {
            let digits = host[host.index(after: colon)...]
            guard digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(digits),
                (1...65_535).contains(number)
            else { throw ValueFault("has no port behind the colon of its host") }
            port = number
            host = host[..<colon]
        }
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        guard !host.isEmpty, !host.contains("..") else { throw ValueFault("has no host") }
        return ServiceURL(
            isSecure: isSecure, host: host.lowercased(), port: port, target: String(rest[end...]))
    }

    private static func endOfAuthority(_ text: Substring) -> Substring.Index {
        var index = text.startIndex
        while index < text.endIndex {
            let character = text[index]
            if character == "/" || character == "?" { return index }
            if character == "$", let name = variable(in: text[index...]), pathVariables.contains(name.name) {
                return index
            }
            index = text.index(after: index)
        }
        return index
    }

    /// The variable that a text begins with, and where it ends.
    private static func variable(in text: Substring) -> (name: String, end: Substring.Index)? {
        var rest = text.dropFirst()
        let isBraced = rest.first == "{"
        if isBraced { rest = rest.dropFirst() }
        let name = rest.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
        var end = name.endIndex
        if isBraced {
            guard end < text.endIndex, text[end] == "}" else { return nil }
            end = text.index(after: end)
        }
        return name.isEmpty ? nil : (String(name), end)
    }

    /// The host with its variables replaced.
    ///
    /// - Throws: for a variable that isn't the same for all requests, and when no host comes out.
    func host(_ constants: [String: String]) throws(ValueFault) -> String {
        var host = ""
        var index = self.host.startIndex
        while index < self.host.endIndex {
            guard self.host[index] == "$" else {
                host.append(self.host[index])
                index = self.host.index(after: index)
                continue
            }
            guard let variable = Self.variable(in: self.host[index...]), let value = constants[variable.name] else {
                throw ValueFault(
                    "the host \(quoted(self.host)) depends on the request",
                    remedy: "write a host that is always the same")
            }
            host += value.lowercased()
            index = variable.end
        }
        if host.hasSuffix(".") { host.removeLast() }
        guard LiteralAddress(host) != nil || RuleHost.isDomain(host[...]) else {
            throw ValueFault("\(quoted(host)) is no host", remedy: "write a DNS name or an address")
        }
        return host
    }

    /// The port of a Service that a host stands for (`name.namespace.svc`, with or without the cluster's usual
    /// domain), or the host itself.
    static func target(of host: String, port: Int) -> ServicePort {
        let labels = host.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        let isService =
            labels.count == 3 && labels[2] == "svc"
            || labels.count == 5 && Array(labels[2...]) == ["svc", "cluster", "local"]
        guard isService, LiteralAddress(host) == nil, isServiceName(labels[0]), isServiceName(labels[1]) else {
            return .host(host, port: port)
        }
        return ServicePort(namespace: labels[1], service: labels[0], port: .number(port))
    }
}

extension Syntax<ServiceURL> {
    /// The URL of an authentication service.
    static let serviceURL = Syntax("a URL of \(CharacterClass.urlWithVariables.name)") { text throws(ValueFault) in
        guard CharacterClass.urlWithVariables.admits(text) else {
            throw ValueFault(
                "expected a URL of \(CharacterClass.urlWithVariables.name)", consequence: .rejectObject)
        }
        return try ServiceURL.parse(text)
    }

    /// The URL that copies of requests go to.
    static let mirrorURL = Syntax("a URL of \(CharacterClass.regex.name)") { text throws(ValueFault) in
        guard CharacterClass.regex.admits(text) else {
            throw ValueFault("expected a URL of \(CharacterClass.regex.name)")
        }
        return try ServiceURL.parse(text)
    }
}
