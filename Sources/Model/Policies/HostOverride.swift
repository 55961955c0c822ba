/// The `Host` that the upstream sees (`upstream-vhost` in ingress-nginx).
///
/// `template` may hold variables such as `$host` and `$http_x_name`; everything else is literal.
public struct HostOverride: Sendable, Hashable {
    public var template: String

    public init(template: String) { self.template = template }
}
