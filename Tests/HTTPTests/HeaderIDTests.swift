import HTTP
import Testing

private let known = HeaderID.allCases.filter { $0 != .other }

private func id(_ name: [UInt8]) -> HeaderID { HeaderID(name: name.span) }

@Suite struct `Header id` {
    @Test(arguments: known)
    func `is found in any case`(header: HeaderID) {
        let name = header.canonical.description
        #expect(id(bytes(name)) == header)
        #expect(id(bytes(name.uppercased())) == header)
        #expect(id(bytes(name.lowercased())) == header)
    }

    @Test(arguments: known)
    func `is not found when any byte differs`(header: HeaderID) {
        let name = bytes(header.canonical.description)
        for index in name.indices {
            var changed = name
            // Bit 5 is the case of letters; with it, a hyphen turns into a carriage return.
            for bit: UInt8 in [0x80, 0x40, 0x10, 0x02, 0x01] {
                changed[index] = name[index] ^ bit
                #expect(id(changed) != header)
            }
            changed[index] = name[index] ^ 0x20
            #expect((id(changed) == header) == (name[index] | 0x20 >= 0x61))
        }
        #expect(id(name + bytes("x")) != header)
        #expect(id(Array(name.dropLast())) != header)
    }

    @Test(arguments: ["", "x", "hosts", "x-custom", String(repeating: "a", count: 200)])
    func `is other for unknown names`(name: String) { #expect(id(bytes(name)) == .other) }

    @Test func `is distinct`() {
        #expect(Set(known.map { $0.canonical.description.lowercased() }).count == known.count)
    }

    @Test func `fits a set`() {
        var set = HeaderIDSet()
        for id in HeaderID.allCases {
            #expect(!set.contains(id))
            set.insert(id)
            #expect(set.contains(id))
        }
        for id in HeaderID.allCases where id.rawValue % 2 == 0 { set.remove(id) }
        for id in HeaderID.allCases { #expect(set.contains(id) == (id.rawValue % 2 == 1)) }
        #expect(set.intersects([.host]) && !set.intersects([.other]))
        #expect(set.union([.other]).contains(.other))
    }
}
