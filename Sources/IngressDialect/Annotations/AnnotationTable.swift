import Kubernetes

/// Every annotation that is known, by group and by name.
public struct AnnotationTable: Sendable {
    public let groups: [AnnotationGroup]
    private let byName: [String: (row: Annotation, group: Int)]
    private let names: [String]

    init(_ groups: [AnnotationGroup]) {
        self.groups = groups
        var byName: [String: (row: Annotation, group: Int)] = [:]
        for (index, group) in groups.enumerated() {
            for row in group.rows {
                for name in [row.name] + row.aliases { byName[name] = (row, index) }
            }
        }
        self.byName = byName
        names = byName.keys.sorted()
    }

    /// ingress-nginx's annotations, in the order of its own index.
    public static let ingressNginx = AnnotationTable([
        .routing, .redirects, .secureRedirects, .tls, .clientCertificates, .upstreamTLS, .canary, .balancing, .affinity,
        .limits, .access,
        .basicAuthentication, .externalAuthentication, .cors, .headers, .bodies, .transfer, .backendProtocol, .mirror,
        .errors, .observation, .firewall, .snippets,
    ])

    /// The row of a name without prefix; aliases count.
    public subscript(name: String) -> Annotation? { byName[name]?.row }

    func group(of row: Annotation) -> AnnotationGroup? { byName[row.name].map { groups[$0.group] } }

    /// The known name that an unknown one was probably meant to be.
    public func nearest(to name: String) -> String? {
        name.utf8.count > 63 ? nil : nearestName(to: name, among: names)
    }
}
