import ArgumentParser
import Kubernetes
import Model
import Translation

/// Which Ingresses are ours, and what their Services mean here. Named as ingress-nginx names them.
struct ControllerOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The class that is served when the manifests hold no IngressClass, and the value of the annotation "
                + "kubernetes.io/ingress.class.",
            valueName: "name"))
    var ingressClass = "nginx"

    @Option(help: ArgumentHelp("The spec.controller of the IngressClasses that are served.", valueName: "name"))
    var controllerClass = "k8s.io/ingress-nginx"

    @Flag(help: "Also serve Ingresses that name no class.")
    var watchIngressWithoutClass = false

    @Option(help: ArgumentHelp("What names of annotations begin with, before the slash.", valueName: "prefix"))
    var annotationsPrefix = "nginx.ingress.kubernetes.io"

    @Option(
        help: ArgumentHelp("The ConfigMap that holds global settings; it need not exist.", valueName: "namespace/name"))
    var configmap = ObjectName(namespace: "ingress-nginx", name: "ingress-nginx-controller")

    @Option(
        help: ArgumentHelp(
            "The Service that answers, by its first port, what no rule matches and in place of the errors of "
                + "custom-http-errors; without it, or while it has no endpoints, the built-in 404 does.",
            valueName: "namespace/name"))
    var defaultBackendService: ObjectName?

    @Option(
        help: ArgumentHelp(
            "The Secret with the certificate for names that have none of their own; without it one is made at start.",
            valueName: "namespace/name"))
    var defaultSslCertificate: ObjectName?

    @Flag(help: "Honour the annotation ssl-passthrough, which hands TLS connections to backends unopened.")
    var enableSslPassthrough = false

    @Option(
        name: .customLong("backend"),
        help: ArgumentHelp(
            "Send this Service to a process elsewhere, usually on this machine; the manifest stays as it is. May be "
                + "given several times.",
            valueName: "[namespace/]service[:port]=host:port"))
    var backends: [Backend] = []

    /// As translation takes them. What only a running proxy knows is left for the caller to add.
    var translation: TranslationOptions {
        var options = TranslationOptions()
        options.ingressClass = ingressClass
        options.controllerClass = controllerClass
        options.servesIngressesWithoutClass = watchIngressWithoutClass
        options.annotationPrefix = annotationsPrefix
        options.configMap = NamespacedName(namespace: configmap.namespace, name: configmap.name)
        options.defaultBackend = defaultBackendService.map {
            NamespacedName(namespace: $0.namespace, name: $0.name)
        }
        options.defaultCertificate = defaultSslCertificate.map {
            NamespacedName(namespace: $0.namespace, name: $0.name)
        }
        options.allowsPassthrough = enableSslPassthrough
        options.certificates = .tls
        options.overrides = backends.map(\.override)
        return options
    }
}

/// `namespace/name` on the command line.
struct ObjectName: ExpressibleByArgument, Equatable {
    var namespace: String
    var name: String

    init(namespace: String, name: String) {
        self.namespace = namespace
        self.name = name
    }

    init?(argument: String) {
        let parts = argument.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty }) else { return nil }
        self.init(namespace: String(parts[0]), name: String(parts[1]))
    }

    var defaultValueDescription: String { "\(namespace)/\(name)" }
}

/// A value of `--backend`.
struct Backend: ExpressibleByArgument {
    var override: BackendOverride

    init?(argument: String) {
        guard let override = BackendOverride(argument) else { return nil }
        self.override = override
    }
}
