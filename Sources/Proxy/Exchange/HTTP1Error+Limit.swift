import HTTP
import Telemetry

extension HTTP1Error {
    /// The limit that was hit, when it was one.
    var limit: Limit? {
        switch self {
        case .requestLineTooLong: .requestLine
        case .methodTooLong: .method
        case .fieldLineTooLong: .headerLine
        case .fieldsTooLarge: .headerBytes
        case .tooManyFields: .headerCount
        case .chunkExtensionsTooLong: .chunkExtensions
        default: nil
        }
    }

    /// The limit that was hit when it was one, for what is read within a body.
    var bodyLimit: Limit? {
        switch self {
        case .fieldLineTooLong, .fieldsTooLarge, .tooManyFields: .trailers
        default: limit
        }
    }
}
