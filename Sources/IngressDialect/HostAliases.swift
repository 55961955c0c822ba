import Kubernetes
import Model
import Translation

/// Gives hosts the further names that `server-alias` asks for.
///
/// Of several Ingresses of a host only the first one's aliases count. A name that is a host of its own, or
/// an alias of an older Ingress's host, stays where it is.
struct HostAliases {
    private let hosts: SortedList<HostName, VirtualHost>
    private var virtualHosts: [VirtualHost]
    private var owners: [HostAlias: Origin] = [:]
    private var diagnostics: [Diagnostic] = []

    static func place(
        _ ingresses: [TranslatedIngress], into hosts: SortedList<HostName, VirtualHost>,
        _ diagnostics: inout [Diagnostic]
    ) -> [VirtualHost] {
        var aliases = HostAliases(hosts: hosts, virtualHosts: hosts.values)
        for ingress in ingresses where !ingress.content.routing.aliases.isEmpty { aliases.place(ingress) }
        diagnostics += aliases.diagnostics
        return aliases.virtualHosts
    }

    private init(hosts: SortedList<HostName, VirtualHost>, virtualHosts: [VirtualHost]) {
        self.hosts = hosts
        self.virtualHosts = virtualHosts
    }

    private mutating func place(_ ingress: TranslatedIngress) {
        for host in ingress.content.hosts where host.name != .any {
            guard let number = hosts.index(of: host.name) else { continue }
            if !virtualHosts[number].aliases.isEmpty {
                report("\(host.name) has aliases of an Ingress that comes first", ingress)
                continue
            }
            var aliases: [HostAlias] = []
            for alias in ingress.content.routing.aliases where isFree(alias, for: ingress) {
                owners[alias] = ingress.origin
                aliases.append(alias)
            }
            if !aliases.isEmpty { virtualHosts[number].aliases = aliases }
        }
    }

    private mutating func isFree(_ alias: HostAlias, for ingress: TranslatedIngress) -> Bool {
        let name: HostName? =
            switch alias {
            case .exact(let name): .exact(name)
            case .leadingWildcard(let suffix): .wildcard(suffix)
            case .trailingWildcard, .regex: nil
            }
        if let name, hosts.index(of: name) != nil {
            report("\(alias) is a host of its own, so it is no alias", ingress)
            return false
        }
        if let owner = owners[alias] {
            report("\(alias) is an alias of \(owner) already, which comes first", ingress)
            return false
        }
        return true
    }

    private mutating func report(_ fault: String, _ ingress: TranslatedIngress) {
        let object = ingress.source.object
        let annotation = object.metadata.annotations.first { $0.name.hasSuffix("/server-alias") }
        let origin = annotation.map { Origin(object, line: $0.line) } ?? ingress.origin
        diagnostics.append(Diagnostic(.warning, origin, field: annotationField("server-alias"), fault))
    }
}
