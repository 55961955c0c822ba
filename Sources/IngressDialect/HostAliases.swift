import Kubernetes
import Model

/// Gives hosts the further names that `server-alias` asks for.
///
/// Of several Ingresses of a host only the first one's aliases count. A name that is a host of its own, or
/// an alias of an older Ingress's host, stays where it is.
enum HostAliases {
    static func place(
        _ ingresses: [TranslatedIngress], into virtualHosts: [VirtualHost], _ diagnostics: inout [Diagnostic]
    ) -> [VirtualHost] {
        let asking = ingresses.filter { $0.served?.draft.routing.aliases.isEmpty == false }
        guard !asking.isEmpty else { return virtualHosts }
        var virtualHosts = virtualHosts
        var numbers: [String: Int] = [:]
        for (number, host) in virtualHosts.enumerated() { numbers["\(host.name)"] = number }
        var owners: [HostAlias: Origin] = [:]
        for ingress in asking {
            guard let served = ingress.served else { continue }
            func report(_ fault: String) {
                let annotation = ingress.source.object.metadata.annotations.first { $0.name.hasSuffix("/server-alias") }
                let origin = ingress.origin.at(line: annotation.map { ingress.source.object.line($0.line) })
                diagnostics.append(
                    Diagnostic(.warning, origin, field: annotationField("server-alias"), fault))
            }
            for host in served.hosts where host.name != .any {
                guard let number = numbers["\(host.name)"] else { continue }
                if !virtualHosts[number].aliases.isEmpty {
                    report("\(host.name) has aliases of an Ingress that comes first")
                    continue
                }
                virtualHosts[number].aliases = served.draft.routing.aliases.filter { alias in
                    if numbers["\(alias)"] != nil {
                        report("\(alias) is a host of its own, so it is no alias")
                        return false
                    }
                    if let owner = owners[alias] {
                        report("\(alias) is an alias of \(owner) already, which comes first")
                        return false
                    }
                    owners[alias] = ingress.origin
                    return true
                }
            }
        }
        return virtualHosts
    }
}
