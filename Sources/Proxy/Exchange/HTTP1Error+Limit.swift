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
}
