public import HTTP
public import Pattern

/// Why a policy cannot be carried out. Found when a route is compiled, never while it serves.
public enum FilterError: Error, Equatable, CustomStringConvertible {
    /// A template names a variable that isn't known.
    case unknownVariable(String)
    /// A template holds a `$` that names nothing; `offset` counts bytes.
    case malformedVariable(offset: Int)
    /// A rewrite's pattern is no regular expression.
    case badPattern(String, PatternError)
    /// A status that is no redirect.
    case badRedirectStatus(Int)
    /// A status that is no refusal.
    case badRefusalStatus(Int)
    /// A `Location` that is empty or holds control bytes.
    case badLocation(String)
    /// An app root that isn't an absolute path.
    case badAppRoot(String)
    /// A `Host` that isn't `name[:port]`.
    case badHost(String)
    /// A response field whose name is no token, whose value holds control bytes, or that the proxy makes itself.
    case badField(String)
    /// A realm that is no quoted string's content.
    case badRealm(String)
    /// No origin of scripts.
    case badOrigin(String)
    /// Neither an address nor a CIDR block.
    case badAddressBlock(String)
    /// A rule asks for a variable of places that is empty whatever the address, and why.
    case unknownPlace(String, reason: String)

    public var description: String {
        switch self {
        case .unknownVariable(let name): "the variable $\(name) isn't known"
        case .malformedVariable(let offset): "the $ at byte \(offset) names no variable"
        case .badPattern(let text, let error): "\"\(text)\" is not a regular expression: \(error)"
        case .badRedirectStatus(let status): "\(status) is not a redirect; write 300 to 308"
        case .badRefusalStatus(let status): "\(status) is not an error status; write 400 to 599"
        case .badLocation(let text): "\"\(text)\" can't be a Location"
        case .badAppRoot(let text): "\"\(text)\" is not an absolute path"
        case .badHost(let text): "\"\(text)\" is not a host with an optional port"
        case .badField(let name): "\"\(name)\" can't be set on responses with that value"
        case .badRealm(let text): "\"\(text)\" can't be a realm"
        case .badOrigin(let text): "\"\(text)\" is no scheme://host with an optional port"
        case .badAddressBlock(let text): "\"\(text)\" is neither an address nor a CIDR block"
        case .unknownPlace(let name, let reason):
            "a rule asks for $\(name), which is empty because \(reason), and it might keep somebody out"
        }
    }

    /// What requests of a route get whose policies can't be carried out for this reason.
    public var status: Status {
        if case .unknownPlace = self { return .serviceUnavailable }
        return .internalServerError
    }
}
