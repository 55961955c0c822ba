public import Kubernetes
public import Model

/// What the command line says about translation. Equal options and equal objects give equal models.
public struct TranslationOptions: Sendable, Equatable {
    /// `--ingress-class`: the value of the annotation `kubernetes.io/ingress.class`, and the class name that is
    /// served when the manifests hold no IngressClass.
    public var ingressClass = "nginx"
    /// `--controller-class`: the `spec.controller` of the IngressClasses that are served.
    public var controllerClass = "k8s.io/ingress-nginx"
    /// `--watch-ingress-without-class`
    public var servesIngressesWithoutClass = false
    /// What annotation names of the ingress-nginx dialect begin with, before the slash.
    public var annotationPrefix = "nginx.ingress.kubernetes.io"
    /// `--configmap`: the object that holds global settings; it need not exist.
    public var configMap: NamespacedName? = NamespacedName(
        namespace: "ingress-nginx", name: "ingress-nginx-controller")
    /// The Service that answers what no route matches, by its first port; nil means the built-in 404.
    public var defaultBackend: NamespacedName?
    /// `--backend`, in the order of the command line; the first that fits a Service port wins.
    public var overrides: [BackendOverride] = []
    /// `--demo-backends`: the built-in origin that stands in for Services without endpoints.
    public var demonstrationEndpoint: Endpoint?
    /// Whether ExternalName Services may lead to this machine or its network segment: for local
    /// development from files. In a cluster that would open the proxy's own surroundings to whoever may write a Service.
    public var allowsLocalExternalNames = true
    /// `--default-ssl-certificate`: the Secret whose certificate serves names without one of their own.
    public var defaultCertificate: NamespacedName?
    /// `--enable-ssl-passthrough`
    public var allowsPassthrough = false
    /// The port that clients reach HTTPS on, for redirects that name it.
    public var securePort: UInt16 = 443
    /// Looks into certificates.
    public var certificates = CertificateInspector.none
    /// Where Gatehouse itself listens; no backend may lead there, or a request would run in circles.
    public var ownListeners = OwnListeners()

    public init() {}
}

/// `--backend [NAMESPACE/]SERVICE[:PORT]=HOST:PORT`: sends a Service to a process elsewhere, usually on this machine.
public struct BackendOverride: Sendable, Hashable {
    /// Nil fits every namespace.
    public var namespace: String?
    public var service: String
    /// The Service's port by number or name; nil fits every port.
    public var servicePort: String?
    /// A literal address or a name.
    public var host: String
    public var port: UInt16

    public init(namespace: String? = nil, service: String, servicePort: String? = nil, host: String, port: UInt16) {
        self.namespace = namespace
        self.service = service
        self.servicePort = servicePort
        self.host = host
        self.port = port
    }

    /// Reads the form of the command line; nil when `text` isn't of that form.
    public init?(_ text: String) {
        guard let equals = text.firstIndex(of: "=") else { return nil }
        guard let colon = text[equals...].lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]),
            port > 0
        else { return nil }
        var host = text[text.index(after: equals)..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
            guard LiteralAddress(host)?.isVersion6 == true else { return nil }
        } else if host.contains(":") {
            return nil
        }
        var source = text[..<equals]
        var namespace: String?
        if let slash = source.firstIndex(of: "/") {
            namespace = String(source[..<slash])
            source = source[source.index(after: slash)...]
        }
        var servicePort: String?
        if let colon = source.firstIndex(of: ":") {
            servicePort = String(source[source.index(after: colon)...])
            source = source[..<colon]
        }
        guard !host.isEmpty, !source.isEmpty, namespace != "", servicePort != "" else { return nil }
        self.init(
            namespace: namespace, service: String(source), servicePort: servicePort, host: String(host), port: port)
    }

    /// Whether the override is meant for a port, which a Service may have under a number and a name.
    func fits(_ target: ServicePort, _ port: Service.Port?) -> Bool {
        guard service == target.service, (namespace ?? target.namespace) == target.namespace else { return false }
        guard let servicePort else { return true }
        return servicePort == target.port.description || servicePort == port?.port.description
            || servicePort == port?.name
    }
}

/// The sockets that Gatehouse itself serves, data and admin.
public struct OwnListeners: Sendable, Equatable {
    public var ports: Set<UInt16>
    /// Addresses of this machine beside the loopback ones, as literals.
    public var localAddresses: Set<LiteralAddress>

    public init(ports: Set<UInt16> = [], localAddresses: Set<LiteralAddress> = []) {
        self.ports = ports
        self.localAddresses = localAddresses
    }

    func contains(_ address: LiteralAddress, port: UInt16) -> Bool {
        ports.contains(port) && (address.isLoopback || address.isUnspecified || localAddresses.contains(address))
    }
}
