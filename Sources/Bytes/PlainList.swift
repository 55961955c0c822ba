/// An array of plain values with one owner: no reference count is asked before a write, and forgetting its elements
/// is one store. Keeps its storage; `append` enlarges it, by doubling.
///
/// The first element lies at the beginning of a cache line, so that elements of a line's size are one line each.
@safe
public struct PlainList<Element: BitwiseCopyable>: ~Copyable {
    @usableFromInline var base: UnsafeMutablePointer<Element>
    @usableFromInline var capacity: Int
    /// Elements it holds.
    @inlinable public var count: Int { end }
    @usableFromInline var end = 0

    /// - Parameter capacity: elements that it has room for from the beginning; at least 1.
    public init(capacity: Int) {
        precondition(capacity > 0, "a list holds at least one element")
        base = Self.allocate(capacity)
        self.capacity = capacity
    }

    deinit { UnsafeMutableRawPointer(base).deallocate() }

    @usableFromInline
    static func allocate(_ capacity: Int) -> UnsafeMutablePointer<Element> {
        UnsafeMutableRawPointer.allocate(byteCount: capacity * MemoryLayout<Element>.stride, alignment: 64)
            .bindMemory(to: Element.self, capacity: capacity)
    }

    @inlinable public var isEmpty: Bool { end == 0 }

    @inlinable
    public subscript(index: Int) -> Element {
        @inline(__always) get {
            precondition(index >= 0 && index < end, "index outside the list")
            return base[index]
        }
        @inline(__always) set {
            precondition(index >= 0 && index < end, "index outside the list")
            base[index] = newValue
        }
    }

    @inlinable @inline(__always)
    public mutating func append(_ element: Element) {
        if end == capacity { enlarge() }
        (base + end).initialize(to: element)
        end &+= 1
    }

    /// Takes one element out; those behind it move up.
    public mutating func remove(at index: Int) {
        precondition(index >= 0 && index < end, "index outside the list")
        (base + index).update(from: base + index + 1, count: end - index - 1)
        end -= 1
    }

    /// Keeps the first `count` elements.
    @inlinable
    public mutating func truncate(to count: Int) {
        precondition(count >= 0 && count <= end, "truncating to more than there is")
        end = count
    }

    @usableFromInline
    mutating func enlarge() {
        let larger = Self.allocate(capacity * 2)
        larger.update(from: base, count: end)
        UnsafeMutableRawPointer(base).deallocate()
        base = larger
        capacity *= 2
    }
}

/// Nobody but its owner has the storage.
extension PlainList: @unchecked Sendable where Element: Sendable {}
