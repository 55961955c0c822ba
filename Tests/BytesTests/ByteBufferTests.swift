import Bytes
import Testing

@Suite struct `Byte buffer` {
    @Test func `is four words long, so that handing it out allocates nothing`() {
        #expect(MemoryLayout<ByteBuffer>.size <= 4 * MemoryLayout<Int>.size)
    }

    @Test func `starts over at its beginning once emptied`() {
        var buffer = ByteBuffer(capacity: 8)
        buffer.append("abcdefgh")
        let full = buffer.room
        buffer.consume(8)
        let (room, count) = (buffer.room, buffer.count)
        #expect((full, room, count) == (0, 8, 0))
    }

    @Test func `compacting keeps what is unread and makes room behind it`() {
        var buffer = ByteBuffer(capacity: 8)
        buffer.append("abcdefgh")
        buffer.consume(5)
        buffer.compact()
        let (text, room) = (buffer.readable.text(), buffer.room)
        #expect(text == "fgh")
        #expect(room == 5)
    }

    @Test(arguments: [9, 16, 17, 40])
    func `growing makes the room that was asked for, whatever was taken from the front`(wanted: Int) {
        var buffer = ByteBuffer(capacity: 16)
        buffer.append("0123456789abcd")
        buffer.consume(9)
        buffer.grow(to: wanted)
        let (text, room) = (buffer.readable.text(), buffer.room)
        #expect(text == "9abcd")
        #expect(room >= wanted - 5)
    }

    @Test(arguments: [0, 7, 10, 15, 16, 255, 4096, 123_456_789, Int.max])
    func `writes numbers as Swift does`(value: Int) {
        var buffer = ByteBuffer(capacity: 64)
        buffer.append(decimal: value)
        let (decimal, parsed) = (buffer.readable.text(), buffer.readable.decimalValue)
        #expect(decimal == String(value))
        #expect(parsed == value)
        buffer.clear()
        buffer.append(hex: value)
        let hex = buffer.readable.text()
        #expect(hex == String(value, radix: 16))
    }

    @Test(arguments: ["", "+1", "-1", " 1", "1 ", "0x1", "1_0", "9223372036854775808", "１"])
    func `reads only plain decimal numbers that fit`(text: String) {
        let value = Array(text.utf8).span.decimalValue
        #expect(value == nil)
    }

    @Test func `writes every number of up to eight digits, and those at each border, as Swift does`() {
        var buffer = ByteBuffer(capacity: 64)
        let powers = (1...18).map { (0..<$0).reduce(1) { power, _ in power * 10 } }
        let borders = powers.flatMap { [$0 - 1, $0, $0 + 1] }
        for value in Array(0...10_000) + Array(stride(from: 10_001, to: 100_000_000, by: 9_973)) + borders {
            buffer.clear()
            buffer.append(decimal: value)
            let text = buffer.readable.text()
            #expect(text == String(value))
        }
    }

    @Test(arguments: [(7, 1), (42, 2), (12_345_678, 8), (123_456_789, 9)])
    func `fills the last byte of its room with a digit`(value: Int, capacity: Int) {
        var buffer = ByteBuffer(capacity: capacity)
        buffer.append(decimal: value)
        let (text, room) = (buffer.readable.text(), buffer.room)
        #expect(text == String(value))
        #expect(room == 0)
    }

    @Test(arguments: [(7, 3, "007"), (0, 1, "0"), (12_345, 3, "345"), (5, 10, "0000000005"), (123_456_789, 2, "89")])
    func `writes the last digits of a number`(value: Int, width: Int, expected: String) {
        var buffer = ByteBuffer(capacity: 64)
        buffer.append(decimal: value, width: width)
        let text = buffer.readable.text()
        #expect(text == expected)
    }

    @Test func `pads numbers with zeros`() {
        var buffer = ByteBuffer(capacity: 64)
        buffer.append(decimal: 7, width: 3)
        buffer.append(hexadecimalWord: 0xAB)
        let text = buffer.readable.text()
        #expect(text == "00700000000000000ab")
    }
}

@Suite struct `Buffer pool` {
    @Test func `lends storage and takes it back`() {
        var pool = BufferPool(bufferCapacity: 16, keepingAtMost: 1)
        var buffer = ByteBuffer()
        pool.lend(to: &buffer)
        buffer.append("x")
        let (lent, capacity) = (pool.outstanding, buffer.capacity)
        pool.takeBack(&buffer)
        let (returned, left, count) = (pool.outstanding, buffer.capacity, buffer.count)
        #expect((lent, capacity) == (1, 16))
        #expect((returned, left, count) == (0, 0, 0))
    }

    @Test func `frees by and by what nobody needs, down to what rests, and never what is in use`() {
        var pool = BufferPool(bufferCapacity: 16, keepingAtMost: 64, resting: 8)
        var used = InlineArray<64, ByteBuffer> { _ in ByteBuffer() }
        for index in used.indices { pool.lend(to: &used[index]) }
        for index in used.indices { pool.takeBack(&used[index]) }
        pool.trim()
        let afterBusyTime = pool.freeCount
        // Forty are used again and again: they stay, and half of the others beyond eight go.
        for _ in 0..<3 {
            for index in 0..<40 { pool.lend(to: &used[index]) }
            for index in 0..<40 { pool.takeBack(&used[index]) }
        }
        pool.trim()
        let inUse = pool.freeCount
        for _ in 0..<100 { pool.trim() }
        let atRest = pool.freeCount
        #expect((afterBusyTime, inUse, atRest) == (64, 56, 8))
    }

    @Test func `enlarges a buffer once, counts it as what it is, and uses both its sizes again`() {
        var pool = BufferPool(bufferCapacity: 16, keepingAtMost: 8)
        var buffer = ByteBuffer()
        var none = ByteBuffer()
        pool.lend(to: &buffer)
        buffer.append("0123456789")
        buffer.consume(4)
        let (first, second, noStorage) = (pool.enlarge(&buffer), pool.enlarge(&buffer), pool.enlarge(&none))
        let (lent, small, capacity, text) = (pool.outstanding, pool.freeCount, buffer.capacity, buffer.readable.text())
        pool.takeBack(&buffer)
        let (returned, kept) = (pool.outstanding, pool.freeCount)
        #expect((first, second, noStorage) == (true, false, false))
        #expect((lent, small, capacity, text) == (4, 1, 64, "456789"))
        #expect((returned, kept) == (0, 1))
        pool.lend(to: &buffer)
        let again = pool.enlarge(&buffer)
        // Grown beyond what the pool knows: it is freed, and counted as before until then.
        buffer.grow(to: 100)
        let grown = pool.outstanding
        pool.takeBack(&buffer)
        let end = pool.outstanding
        #expect((again, grown, end) == (true, 4, 0))
    }

    @Test func `frees storage that has grown`() {
        var pool = BufferPool(bufferCapacity: 16, keepingAtMost: 1)
        var buffer = ByteBuffer()
        pool.lend(to: &buffer)
        buffer.append("kept")
        buffer.grow(to: 64)
        let text = buffer.readable.text()
        pool.takeBack(&buffer)
        pool.lend(to: &buffer)
        let capacity = buffer.capacity
        pool.takeBack(&buffer)
        #expect(text == "kept")
        #expect(capacity == 16)
    }
}
