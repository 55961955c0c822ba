extension AddressRules {
    /// `deny 192.0.2.0/24`, `allow 10.0.0.0/8, 2001:db8::/32`, `allow without denying others 10.0.0.0/8`
    var lines: [String] {
        let word = deniesOthers ? "allow" : "allow without denying others"
        return [("deny", denied), (word, allowed)].compactMap { word, list in
            list.isEmpty ? nil : "\(word) \(list.joined(separator: ", "))"
        }
    }
}

extension CORS {
    /// `cors for https://example.com, methods GET, headers X-Token, with credentials, exposing X-Total, for 600s`
    var lines: [String] {
        var text: String
        switch origins {
        case .any: text = "cors for everybody"
        case .listed(let list): text = "cors for \(list.joined(separator: ", "))"
        }
        text += "; methods \(methods); headers \(headers)"
        if allowsCredentials { text += "; credentials" }
        if !exposedHeaders.isEmpty { text += "; exposing \(exposedHeaders)" }
        return [text + "; for \(maxAge)s"]
    }
}

extension Bandwidth: CustomStringConvertible {
    public var description: String {
        "\(bytesPerSecond) bytes a second" + (bytesBefore > 0 ? " after \(bytesBefore)" : "")
    }
}

extension Observation {
    var lines: [String] {
        logLines + (tracing == .off ? [] : ["trace \(tracing.rawValue)"])
    }

    private var logLines: [String] {
        guard isLogged else { return ["not in the access log"] }
        guard !unloggedBranches.isEmpty else { return [] }
        return ["not in the access log in branch \(unloggedBranches.map(String.init).joined(separator: ", "))"]
    }
}
