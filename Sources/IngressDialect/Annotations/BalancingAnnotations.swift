import Model

/// How the endpoints of an upstream are chosen.
struct BalancingDraft: Sendable, Equatable {
    var algorithm = LoadBalancing.roundRobin
    var usesClusterAddress = false
}

extension AnnotationGroup {
    static let balancing = AnnotationGroup(
        "Load balancing", \.balancing,
        note: "The first Ingress that uses a Service's port decides for its upstream.",
        [
            Annotation(
                "load-balance", .algorithm, default: "round_robin", .upstream, \.balancing.algorithm,
                bad: .rejectObject, global: true, example: "ewma",
                "How an endpoint is chosen. `least_conn` and `ip_hash` are additions to ingress-nginx."),
            Annotation(
                "service-upstream", .flag, default: "false", .upstream, \.balancing.usesClusterAddress, global: true,
                example: "true", "Sends everything to the Service's cluster address instead of its endpoints."),
            Annotation(
                "upstream-hash-by", later: "text with variables", .upstream, risk: .high, example: "$request_uri",
                "Chooses endpoints by a consistent hash of this text."),
            Annotation(
                "upstream-hash-by-subset", later: "true or false", default: "false", .upstream, example: "true",
                "The hash chooses a group of endpoints, of which one is taken at random."),
            Annotation(
                "upstream-hash-by-subset-size", later: "an integer", default: "3", .upstream, example: "5",
                "Endpoints in such a group."),
        ])
}
