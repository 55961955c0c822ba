import Kubernetes
import Model
import Translation

/// Joins canary Ingresses to their main ones.
///
/// A canary's path belongs to the path of a main Ingress with the same host, text and type, and hangs on that one's
/// upstream. One canary of an upstream is used, the oldest; what is left out is said.
struct CanaryPairing {
    /// A path as an Ingress writes it.
    private struct Place: Hashable {
        let host: HostName
        let path: String
        let type: Ingress.PathType
    }

    private let hosts: HostRegister
    private let upstreams: UpstreamResolver
    private var mains: [Place: UpstreamRequest] = [:]
    private var knownHosts: Set<HostName> = []
    private var splits: [UpstreamID: UpstreamSplit] = [:]
    private var diagnostics: [Diagnostic] = []

    /// The splits that the canaries among these Ingresses, the oldest first, ask for.
    static func splits(
        of ingresses: [TranslatedIngress], among hosts: HostRegister, _ upstreams: UpstreamResolver,
        _ diagnostics: inout [Diagnostic]
    ) -> [UpstreamID: UpstreamSplit] {
        var pairing = CanaryPairing(hosts: hosts, upstreams: upstreams)
        for ingress in ingresses where ingress.content.canary != nil { pairing.pair(ingress) }
        diagnostics += pairing.diagnostics
        return pairing.splits
    }

    private init(hosts: HostRegister, upstreams: UpstreamResolver) {
        self.hosts = hosts
        self.upstreams = upstreams
    }

    private mutating func pair(_ ingress: TranslatedIngress) {
        guard let canary = ingress.content.canary else { return }
        for host in canary.hosts {
            learn(host.name)
            for (route, path) in zip(host.routes, host.paths) {
                guard let request = path.upstream else { continue }
                let place = Place(host: host.name, path: route.labels.path, type: path.type)
                guard let main = mains[place] else {
                    report(
                        route, path,
                        "no main Ingress has \(host.name)\(place.path) with path type \(place.type.rawValue), so the canary gets nothing there",
                        remedy: advice(place))
                    continue
                }
                let id = upstreams.name(of: main.target)
                let other = upstreams.name(of: request.target)
                guard id != other else {
                    report(
                        route, path, "the canary leads to the same Service as the main Ingress, so it has no effect",
                        remedy: "give it a Service of its own")
                    continue
                }
                let split = UpstreamSplit(
                    canary.draft.split(to: other, origin: ingress.origin), sharesSessions: canary.sharesSessions)
                if let first = splits[id], first != split {
                    report(
                        route, path, "\(id) has the canary of \(first.split.origin) already, which comes first",
                        remedy: "take one of them out")
                } else {
                    splits[id] = split
                }
            }
        }
    }

    /// Takes note of the paths that a host serves, each by its oldest Ingress.
    private mutating func learn(_ host: HostName) {
        guard knownHosts.insert(host).inserted else { return }
        for share in hosts.shares(of: host) {
            for (route, path) in zip(share.host.routes, share.host.paths) where path.place != nil {
                let place = Place(host: host, path: route.labels.path, type: path.type)
                if mains[place] == nil, let request = path.upstream { mains[place] = request }
            }
        }
    }

    private func advice(_ place: Place) -> String {
        let others = Ingress.PathType.allCases.filter {
            mains[Place(host: place.host, path: place.path, type: $0)] != nil
        }
        return others.first.map { "write pathType \($0.rawValue), as the main Ingress has it" } ?? ""
    }

    private mutating func report(
        _ route: Route, _ path: TranslatedIngress.Path, _ fault: String, remedy: String
    ) {
        diagnostics.append(Diagnostic(.warning, route.origin, field: path.field, fault, remedy: remedy))
    }
}
