import Filters
import HTTP

/// Fields that the upstream takes the proxy's word for, so that a client may not send them behind its body either.
///
/// Names that mean the same for every request are refused where trailers are read (`ChunkedDecoder`); these are the route's.
struct WithheldTrailers {
    /// What the proxy sets in place of the client's fields.
    var lines: FieldLines?
    /// What the route changes in the request, on the way that it took through the route's rules.
    var edits: RequestEdits?
    var branch = 0

    /// Nothing stays behind.
    var isEmpty: Bool { lines == nil && edits == nil }

    /// Takes the fields out of a client's trailers.
    func remove(from trailers: inout HeaderBlock) {
        var index = 0
        while index < trailers.count {
            let isWithheld =
                lines?.replaces(index, of: trailers) == true
                || edits?.drops(index, of: trailers, branch: branch) == true
            if isWithheld { trailers.remove(at: index) } else { index += 1 }
        }
    }
}
