import Kubernetes
import Model
import Translation

/// The hosts and the Ingresses that share in them. Only hosts whose shares changed are put together anew.
struct HostRegister: Sendable {
    private var shares: [HostName: [HostShare]] = [:]
    private var unassembled: Set<HostName> = []
    private var surroundings = HostAssembly.Surroundings()
    private var virtualHosts = SortedList<HostName, VirtualHost>()
    /// Of hosts that have any.
    private var diagnostics = SortedList<HostName, [Diagnostic]>()

    /// Adds an Ingress's shares.
    mutating func insert(_ ingress: TranslatedIngress) {
        for (number, host) in ingress.content.hosts.enumerated() {
            unassembled.insert(host.name)
            var index = shares[host.name]?.count ?? 0
            while index > 0, let before = shares[host.name]?[index - 1],
                ingress.seniority < before.ingress.seniority
            {
                index -= 1
            }
            shares[host.name, default: []].insert(HostShare(ingress, host: number), at: index)
        }
    }

    /// The shares in a host, the oldest first.
    func shares(of name: HostName) -> [HostShare] { shares[name] ?? [] }

    /// Takes an Ingress's shares out.
    mutating func remove(_ ingress: TranslatedIngress) {
        for host in ingress.content.hosts {
            unassembled.insert(host.name)
            if let index = shares[host.name]?.lastIndex(where: { $0.ingress === ingress }) {
                shares[host.name]?.remove(at: index)
            }
            if shares[host.name]?.isEmpty == true { shares[host.name] = nil }
        }
    }

    /// The virtual hosts in the model's order, without aliases.
    mutating func assemble(
        in surroundings: HostAssembly.Surroundings, _ found: inout [Diagnostic]
    ) -> SortedList<HostName, VirtualHost> {
        if surroundings != self.surroundings {
            self.surroundings = surroundings
            unassembled.formUnion(shares.keys)
        }
        var changed: [HostName: VirtualHost?] = [:]
        var faults: [HostName: [Diagnostic]?] = [:]
        for name in unassembled {
            var assembly = HostAssembly(name, shares[name] ?? [], surroundings)
            changed[name] = .some(assembly.virtualHost())
            faults[name] = .some(assembly.diagnostics.isEmpty ? nil : assembly.diagnostics)
        }
        unassembled = []
        virtualHosts.apply(changed)
        diagnostics.apply(faults)
        for host in diagnostics.values { found += host }
        return virtualHosts
    }
}
