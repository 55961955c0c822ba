import Testing

@testable import Kubernetes

@Suite struct `Ingress decoding` {
    static let web = """
        apiVersion: networking.k8s.io/v1
        kind: Ingress
        metadata:
          name: web
          namespace: shop
          creationTimestamp: "2026-01-31T12:00:00Z"
          annotations:
            nginx.ingress.kubernetes.io/use-regex: "true"
        spec:
          ingressClassName: nginx
          defaultBackend:
            resource: {apiGroup: k8s.example.com, kind: Bucket, name: static}
          tls:
            - hosts: [shop.example.com]
              secretName: cert
          rules:
            - host: shop.example.com
              http:
                paths:
                  - path: /cart
                    pathType: Prefix
                    backend:
                      service:
                        name: cart
                        port:
                          name: http
                  - pathType: Exact
                    backend: {service: {name: web, port: {number: 80}}}
            - host: bare.example.com
        """

    private func ingress(_ file: ManifestFile) -> Ingress? {
        for case .ingress(let ingress) in file.objects { return ingress }
        return nil
    }

    @Test func `reads everything an Ingress can say`() throws {
        let file = decode(Self.web)
        #expect(file.messages.isEmpty)
        let web = try #require(ingress(file))
        let expected = Ingress(
            metadata: Metadata(
                name: "web", namespace: "shop",
                annotations: [.init(name: "nginx.ingress.kubernetes.io/use-regex", value: "true")],
                creationTimestamp: Timestamp(seconds: 1_769_860_800)),
            className: "nginx", defaultBackend: .init(.resource(kind: "Bucket", name: "static")),
            rules: [
                .init(
                    host: "shop.example.com",
                    paths: [
                        .init("/cart", type: .prefix, backend: .init(.service(name: "cart", port: .name("http")))),
                        .init(nil, type: .exact, backend: .init(.service(name: "web", port: .number(80)))),
                    ]),
                .init(host: "bare.example.com", paths: [], hasHTTP: false),
            ],
            tls: [.init(hosts: ["shop.example.com"], secretName: "cert")])
        #expect(web == expected)
    }

    @Test func `keeps the lines of rules, paths and annotations`() throws {
        let web = try #require(ingress(decode("# one\n# two\n" + Self.web)))
        #expect(web.metadata.annotations.map { web.line($0.line) } == [10])
        #expect(web.line(web.classNameLine) == 12)
        #expect(web.rules.map { web.line($0.line) } == [19, 31])
        #expect(web.rules[0].paths.map { web.line($0.line) } == [22, 29])
        #expect(web.line(web.rules[0].paths[0].backend.line) == 24)
        #expect(web.tls.map { web.line($0.line) } == [16])
    }

    @Test(arguments: [
        ("pathType: Prefix", "pathtype: Prefix", "unknown field; did you mean pathType?"),
        ("ingressClassName", "ingressClass", "unknown field; did you mean ingressClassName?"),
        (
            "  name: web\n", "  name: web\n  colour: red\n",
            "unknown field; remove it, or check its spelling and indentation"
        ),
    ])
    func `warns of unknown fields`(field: String, typo: String, message: String) throws {
        let file = decode(Self.web.replacing(field, with: typo, maxReplacements: 1))
        #expect(file.diagnostics.contains { $0.description.hasSuffix(message) && $0.severity == .warning })
        #expect(ingress(file) != nil)
    }

    @Test func `takes a missing path type as implementation specific`() throws {
        let file = decode(Self.web.replacing("            pathType: Prefix\n", with: ""))
        #expect(file.diagnostics.map(\.severity) == [.warning])
        #expect(try #require(ingress(file)).rules[0].paths[0].type == .implementationSpecific)
    }

    @Test(arguments: [
        (
            "\"true\"", "true",
            "web.yaml:8: Ingress shop/web: metadata.annotations[nginx.ingress.kubernetes.io/use-regex]: "
                + "expected a string, got a boolean true; quote the value"
        ),
        (
            "number: 80", "number: \"80\"",
            "web.yaml:28: Ingress shop/web: spec.rules[0].http.paths[1].backend.service.port.number: "
                + "expected an integer, got a string \"80\"; remove the quotes"
        ),
        (
            "service: {name: web, port: {number: 80}}", "serviceName: web, servicePort: 8443",
            "web.yaml:28: Ingress shop/web: spec.rules[0].http.paths[1].backend: is in the older v1beta1 form; "
                + "write service: {name: web, port: {number: 8443}}"
        ),
        (
            "port: {number: 80}", "port: 80",
            "web.yaml:28: Ingress shop/web: spec.rules[0].http.paths[1].backend.service.port: "
                + "expected a mapping, got an integer 80; write port: {number: 80}"
        ),
        (
            "port: {number: 80}", "port: http",
            "web.yaml:28: Ingress shop/web: spec.rules[0].http.paths[1].backend.service.port: "
                + "expected a mapping, got a string http; write port: {name: http}"
        ),
        (
            "number: 80", "number: 70000",
            "web.yaml:28: Ingress shop/web: spec.rules[0].http.paths[1].backend.service.port.number: "
                + "expected 1 to 65535, got 70000"
        ),
        (
            "pathType: Exact", "pathType: exact",
            "web.yaml:27: Ingress shop/web: spec.rules[0].http.paths[1].pathType: "
                + "expected Exact, Prefix, ImplementationSpecific, got \"exact\"; did you mean Exact?"
        ),
        (
            "[shop.example.com]", "shop.example.com",
            "web.yaml:14: Ingress shop/web: spec.tls[0].hosts: expected a list, got a string \"shop.example.com\""
        ),
        (
            "name: web\n", "name: Web\n",
            "web.yaml:4: Ingress shop/Web: metadata.name: \"Web\" isn't a valid name; "
                + "use lower-case letters, digits, '-' and '.', at most 253"
        ),
        (
            "name: web\n", "title: web\n",
            "web.yaml:4: Ingress: metadata.name: the object has no name; give it one"
        ),
        (
            "service: {name: web, port: {number: 80}}", "",
            "web.yaml:28: Ingress shop/web: spec.rules[0].http.paths[1].backend: "
                + "expected either service or resource; name a service and its port"
        ),
    ])
    func `rejects what the API server would, by field and line`(text: String, change: String, message: String) {
        let file = decode(Self.web.replacing(text, with: change, maxReplacements: 1))
        #expect(file.isUsable)
        #expect(ingress(file) == nil)
        #expect(file.diagnostics.filter { $0.severity == .rejected }.map(\.description) == [message])
    }

    @Test func `reports every fault at once and names the rejected object`() {
        let file = decode(Self.web.replacing("number: 80", with: "number: x").replacing("\"true\"", with: "true"))
        #expect(file.diagnostics.count == 2)
        #expect(file.documents.flatMap(\.rejected) == [ObjectReference(kind: .ingress, namespace: "shop", name: "web")])
    }
}

@Suite struct `Service decoding` {
    private func service(_ spec: String) -> (Service?, [String]) {
        let file = decode("apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: \(spec)\n")
        for case .service(let service) in file.objects { return (service, file.messages) }
        return (nil, file.messages)
    }

    @Test func `reads ports and affinity`() {
        let (service, messages) = service(
            """
              {type: NodePort, clusterIP: None, clusterIPs: [None], selector: {app: web}, sessionAffinity: ClientIP,
              sessionAffinityConfig: {clientIP: {timeoutSeconds: 60}}, publishNotReadyAddresses: true, externalIPs: [],
              ports: [{name: a, port: 80, targetPort: http, nodePort: 30080, appProtocol: h2c},
              {name: b, port: 81, targetPort: 8081, protocol: UDP}]}
            """)
        #expect(messages.isEmpty)
        #expect(
            service
                == Service(
                    metadata: Metadata(name: "web"), type: .nodePort, clusterIP: "None", clusterIPs: ["None"],
                    ports: [
                        .init(name: "a", port: 80, targetPort: .name("http"), nodePort: 30080, appProtocol: "h2c"),
                        .init(name: "b", port: 81, targetPort: .number(8081), transport: .udp),
                    ], hasSelector: true, publishNotReadyAddresses: true,
                    sessionAffinity: .clientIP(timeoutSeconds: 60)))
        #expect(service?.isHeadless == true)
    }

    @Test(arguments: [
        ("{type: ExternalName}", "a Service of type ExternalName without externalName"),
        ("{ports: [{port: 80}, {port: 81}]}", "several ports, and not all of them have names"),
        ("{ports: [{name: a}]}", "port is missing"),
        ("{ports: [{port: 80, targetPort: \"80\"}]}", "a port's name needs a letter, got \"80\""),
        ("{publishNotReadyAddresses: \"true\"}", "expected true or false, got a string \"true\""),
    ])
    func `rejects what makes no sense`(spec: String, fault: String) {
        let (service, messages) = service(spec)
        #expect(service == nil)
        #expect(messages.count == 1 && messages[0].contains(fault))
    }
}

@Suite struct `Endpoint decoding` {
    @Test func `keeps unknown conditions apart from false ones`() throws {
        let file = decode(
            """
            apiVersion: discovery.k8s.io/v1
            kind: EndpointSlice
            metadata: {name: web-1, labels: {kubernetes.io/service-name: web}}
            addressType: IPv4
            ports: [{name: "", port: 8080}, {port: null}]
            endpoints:
            - addresses: [10.0.0.1]
              zone: a
            - addresses: [10.0.0.2]
              conditions: {ready: false, serving: true, terminating: true}
            """)
        #expect(file.messages.isEmpty)
        guard case .endpointSlice(let slice)? = file.objects.first(where: { _ in true }) else {
            Issue.record("no slice")
            return
        }
        #expect(slice.serviceName == "web")
        #expect(slice.ports.map(\.port) == [8080, nil])
        #expect(slice.endpoints.map(\.ready) == [nil, false])
        #expect(slice.endpoints.map(\.isReady) == [true, false])
        #expect(slice.endpoints.map(\.isServing) == [true, true])
        #expect(slice.endpoints.map(\.isTerminating) == [false, true])
    }

    @Test func `reads the older Endpoints as slices`() {
        let file = decode(
            """
            apiVersion: v1
            kind: Endpoints
            metadata: {name: web}
            subsets:
            - addresses: [{ip: 10.0.0.1, nodeName: a}]
              notReadyAddresses: [{ip: 10.0.0.2}]
              ports: [{name: http, port: 8080, protocol: TCP}]
            """)
        #expect(file.messages.isEmpty)
        let slices = ObjectStore(file.objects).endpointSlices(of: NamespacedName(namespace: "default", name: "web"))
        #expect(slices.map { $0.endpoints.flatMap(\.addresses) } == [["10.0.0.1", "10.0.0.2"]])
        #expect(slices.map { $0.endpoints.map(\.isReady) } == [[true, false]])
        #expect(slices.flatMap(\.ports) == [.init(name: "http", port: 8080)])
    }
}

@Suite struct `Secret and ConfigMap decoding` {
    static let secret = """
        apiVersion: v1
        kind: Secret
        metadata: {name: s}
        type: kubernetes.io/tls
        data: {a: aHVudGVyMg==, b: "aHVu\\ndGVyMg=="}
        stringData: {b: correct-horse}
        """

    @Test func `lays plain data over decoded data`() throws {
        guard case .secret(let secret)? = decode(Self.secret).objects.first(where: { _ in true }) else {
            Issue.record("no secret")
            return
        }
        #expect(secret.type == "kubernetes.io/tls")
        #expect(secret.data["a"]?.bytes == Array("hunter2".utf8))
        #expect(secret.data["b"]?.bytes == Array("correct-horse".utf8))
    }

    @Test func `never prints a secret value`() throws {
        let file = decode(Self.secret)
        var dumped = ""
        dump(file, to: &dumped)
        let object = try #require(file.objects.first { _ in true })
        for text in [dumped, "\(object)", String(reflecting: object)] {
            #expect(!text.contains("horse") && !text.contains("104, 117"))
        }
    }

    @Test(arguments: ["data: {a: 12345}", "data: {a: \"%%12345\"}", "stringData: {a: 12345}", "data: 12345"])
    func `never quotes a secret value in a diagnostic`(data: String) {
        let file = decode("apiVersion: v1\nkind: Secret\nmetadata: {name: s}\n\(data)\n")
        #expect(file.diagnostics.count == 1)
        #expect(!file.messages.joined().contains("12345"))
    }

    @Test func `keeps settings with their lines`() {
        let file = decode(
            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c\ndata:\n  a: \"1\"\n  b: x\nbinaryData: {c: AAE=}\n")
        guard case .configMap(let map)? = file.objects.first(where: { _ in true }) else {
            Issue.record("no ConfigMap")
            return
        }
        #expect(map["b"] == "x")
        #expect(map.data.map { map.line($0.line) } == [6, 7])
        #expect(map.binaryData == ["c": [0, 1]])
    }
}
