public import Linux
import Synchronization

/// An OCSP response at a fixed place, for callbacks of OpenSSL.
final class Staple: Sendable {
    /// Written in `init` alone and freed in `deinit`.
    nonisolated(unsafe) let bytes: UnsafeRawBufferPointer

    init(_ response: [UInt8]) {
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: max(response.count, 1), alignment: 1)
        copy.copyBytes(from: response)
        bytes = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(copy)[..<response.count])
    }

    deinit { UnsafeMutableRawPointer(mutating: bytes.baseAddress)?.deallocate() }
}

/// Where the newest OCSP response of a certificate stands: whoever fetches responses writes it, each handshake reads it.
public final class StaplePlace: Sendable {
    private struct Content {
        var staple: Staple
        var ends: Instant
    }

    private let content = Mutex<Content?>(nil)

    public init() {}

    /// Puts a response there that may be handed out until `ends`.
    public func put(_ response: [UInt8], until ends: Instant) {
        let staple = Staple(response)
        content.withLock { $0 = Content(staple: staple, ends: ends) }
    }

    /// The response, while it holds.
    func current(at now: Instant = .now()) -> Staple? {
        content.withLock { content in
            guard let found = content, found.ends > now else { return nil }
            return found.staple
        }
    }
}
