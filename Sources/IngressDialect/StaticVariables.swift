import Model

/// Variables whose values are known when an Ingress is translated: `$namespace`, `$ingress_name`,
/// `$service_name` and `$service_port`. All others are left for the request.
enum StaticVariables {
    static func expand(_ template: String, _ labels: RouteLabels) -> String {
        guard template.utf8.contains(UInt8(ascii: "$")) else { return template }
        var result = ""
        var rest = template[...]
        while let dollar = rest.firstIndex(of: "$") {
            result += rest[..<dollar]
            rest = rest[dollar...]
            let braced = rest.dropFirst().first == "{"
            let name = rest.dropFirst(braced ? 2 : 1).prefix { $0 == "_" || $0.isASCII && ($0.isLetter || $0.isNumber) }
            let after = rest[name.endIndex...]
            if let value = value(of: name, labels), !braced || after.first == "}" {
                result += value
                rest = after.dropFirst(braced ? 1 : 0)
            } else {
                result += "$"
                rest = rest.dropFirst()
            }
        }
        return result + rest
    }

    private static func value(of name: Substring, _ labels: RouteLabels) -> String? {
        switch name {
        case "namespace": labels.namespace
        case "ingress_name": labels.object
        case "service_name": labels.service
        case "service_port": labels.servicePort
        default: nil
        }
    }
}
