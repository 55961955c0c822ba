import ControlPlane
import Kubernetes
import Model
import Translation

@testable import gatehouse

/// Manifests of these tests.
enum Given {
    static func configuration(_ yaml: String, overrides: [String] = []) -> Configuration {
        var set = ManifestSet()
        set.put(ManifestDecoder().decode(Array(yaml.utf8), path: "shop.yaml"))
        var options = TranslationOptions()
        options.overrides = overrides.compactMap { BackendOverride($0) }
        return Configuration.translate(set, options)
    }

    /// An Ingress of `shop.example` that sends `/` to `web`, and `/api` to `api`.
    static let shop = """
        apiVersion: networking.k8s.io/v1
        kind: Ingress
        metadata:
          name: shop
          namespace: store
          annotations:
            nginx.ingress.kubernetes.io/proxy-body-size: 8m
        spec:
          ingressClassName: nginx
          rules:
          - host: shop.example
            http:
              paths:
              - {path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}
              - {path: /api, pathType: Prefix, backend: {service: {name: api, port: {number: 80}}}}
        """

    /// A Service with one port.
    static func service(_ name: String) -> String {
        """

        ---
        apiVersion: v1
        kind: Service
        metadata: {name: \(name), namespace: store}
        spec:
          ports: [{port: 80, targetPort: 8080}]
        """
    }

    /// One that rewrites under a regex.
    static let rewriting = """

        ---
        apiVersion: networking.k8s.io/v1
        kind: Ingress
        metadata:
          name: old
          namespace: store
          annotations:
            nginx.ingress.kubernetes.io/rewrite-target: /$2
        spec:
          ingressClassName: nginx
          rules:
          - host: old.example
            http:
              paths:
              - path: /api(/|$)(.*)
                pathType: ImplementationSpecific
                backend: {service: {name: api, port: {number: 80}}}
        """
}
