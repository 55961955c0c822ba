import Model

/// Who answers when the backend cannot.
struct ErrorDraft: Sendable, Equatable {
    /// A Service of the Ingress's namespace.
    var defaultBackend: String?
    /// Statuses that the default backend answers instead.
    var statuses: [Int] = []
    var sparesBackend = false

    /// The policy, but for the Service that answers.
    func pages() -> ErrorPages? {
        statuses.isEmpty ? nil : ErrorPages(statuses: statuses, interceptsUpstream: !sparesBackend)
    }
}

extension AnnotationGroup {
    static let errors = AnnotationGroup(
        "Errors and default backend", \.errors,
        [
            Annotation(
                "default-backend", optional: .serviceName, .route, \.errors.defaultBackend, bad: .rejectObject,
                example: "sorry",
                "A Service that answers while the path's own Service has no endpoint, and in place of the errors of "
                    + "`custom-http-errors`."),
            Annotation(
                "custom-http-errors", .statuses(400...599), .route, \.errors.statuses, bad: .rejectObject,
                example: "404,503",
                "Statuses, the backend's and Gatehouse's own, that the default backend answers instead."),
            Annotation(
                "disable-proxy-intercept-errors", .flag, default: "false", .route, \.errors.sparesBackend, global: true,
                example: "true", "Only Gatehouse's own errors are replaced, not the backend's."),
        ])
}

extension Syntax<[Int]> {
    /// Statuses with commas between, in ascending order.
    static func statuses(_ range: ClosedRange<Int>) -> Syntax<[Int]> {
        let form = "statuses from \(range.lowerBound) to \(range.upperBound) with commas between"
        return Syntax(form) { text in
            var statuses: Set<Int> = []
            for item in text.split(separator: ",").map({ trimmed($0) }) where !item.isEmpty {
                guard item.utf8.count == 3, let status = Int(item), range.contains(status) else { return nil }
                statuses.insert(status)
            }
            return statuses.sorted()
        }
    }
}
