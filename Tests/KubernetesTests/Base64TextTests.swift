import Foundation
import Testing

@testable import Kubernetes

@Suite struct `Base64 text` {
    @Test func `gives every text back that was encoded`() {
        var bytes: [UInt8] = []
        for count in 0..<300 {
            let text = Data(bytes).base64EncodedString()
            #expect(Base64Text.decode(text) == bytes)
            bytes.append(UInt8(truncatingIfNeeded: count &* 181 &+ 7))
        }
    }

    @Test(arguments: ["aGVs\nbG8=", "aGVs\r\nbG8=\r\n", "\naGVsbG8=", "a\nG\nV\ns\nb\nG\n8\n=\n"])
    func `passes line breaks over`(text: String) { #expect(Base64Text.decode(text) == Array("hello".utf8)) }

    @Test(
        arguments: [
            "aGVsbG8", "aGVsbG8==", "aGVs=bG8=", "a===", "====", "=", "aGVsbG8=aGVs", "aGVs bG8=", "aGVs-bG8=",
            "aGVs_G8=",
            "aGVsbG8é", "ab=c",
        ])
    func `is nothing else`(text: String) { #expect(Base64Text.decode(text) == nil) }
}
