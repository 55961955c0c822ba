import Glibc
import Promises

/// The promise that `FUZZ_TARGET` names.
private let promise: Promise = {
    let name = getenv("FUZZ_TARGET").map { String(cString: $0) } ?? ""
    guard let promise = Promise(rawValue: name) else {
        fatalError("FUZZ_TARGET must be one of \(Promise.allCases.map(\.rawValue)), not \"\(name)\"")
    }
    return promise
}()

/// What libFuzzer calls with every input it makes up.
@c(LLVMFuzzerTestOneInput)
public func testOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    if let broken = promise.broken(by: Array(UnsafeBufferPointer(start: bytes, count: count))) { fatalError(broken) }
    return 0
}
