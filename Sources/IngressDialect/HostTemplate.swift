import HTTP
import Model

/// Templates for a `Host` of Gatehouse's own.
enum HostTemplate {
    /// Whether a template can come out as a host with an optional port. Judged with `1` for each capture and variable,
    /// which is a host and a port, so what is refused could never be sent.
    static func isPossible(_ text: String) -> Bool {
        guard let parts = try? TemplateText.literals(in: text) else { return false }
        let sample = Array(parts.joined(separator: "1").utf8)
        return Authority(sample.span, in: 0..<sample.count) != nil
    }
}
