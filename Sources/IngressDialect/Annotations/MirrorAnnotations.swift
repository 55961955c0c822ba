import Model

/// Where copies of requests go.
struct MirrorDraft: Sendable, Equatable {
    var url: ServiceURL?
    var copiesBody = true
    var host: String?
}

extension AnnotationGroup {
    static let mirror = AnnotationGroup(
        "Mirroring", \.mirror,
        note: """
            Copies go out once the access rules have let a request pass. Their answers are forgotten; the client never \
            waits for them, and a copy for which there is no room is left out and counted.
            """,
        [
            Annotation(
                "mirror-target", optional: .mirrorURL, .route, \.mirror.url, risk: .high,
                example: "https://test.example.com$request_uri",
                "Where a copy of each request is sent. The copy's path is what stands behind the host; variables are "
                    + "replaced."),
            Annotation(
                "mirror-request-body", .switch, default: "on", .route, \.mirror.copiesBody, example: "off",
                "Whether the copy has the body."),
            Annotation(
                "mirror-host", optional: .text(.regex, upTo: 255), default: "the host of `mirror-target`", .route,
                \.mirror.host, risk: .high, example: "shadow.example.com", "The `Host` of the copy."),
        ])
}

extension Syntax<Bool> {
    /// The words of nginx's flags.
    static let `switch` = Syntax("on or off") { word in
        switch word {
        case "on": true
        case "off": false
        default: nil
        }
    }
}
