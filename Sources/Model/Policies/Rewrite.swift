/// Replaces the path before the request is sent upstream (`rewrite-target` in ingress-nginx).
///
/// `pattern` is searched in the normalised path, ignoring case and not anchored; on a match the whole
/// path becomes `template`, whose `$1`…`$9` stand for captures (an unset group is empty). The query
/// is kept; when `template` holds a `?` the request's query follows after `&`. A template that begins
/// with `http://` or `https://` answers 302 to it instead.
public struct Rewrite: Sendable, Hashable {
    public var pattern: String
    public var template: String

    public init(pattern: String, template: String) {
        self.pattern = pattern
        self.template = template
    }
}
