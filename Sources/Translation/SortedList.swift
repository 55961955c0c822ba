/// Values in the order of their keys. Changing a few costs little more than copying the list, so that one
/// may be handed out after each change.
public struct SortedList<Key: Hashable & Comparable & Sendable, Value: Sendable>: Sendable {
    public private(set) var keys: [Key] = []
    public private(set) var values: [Value] = []

    public init() {}

    /// Where a key stands, or nil.
    public func index(of key: Key) -> Int? {
        let index = lowerBound(of: key)
        return index < keys.count && keys[index] == key ? index : nil
    }

    /// Puts values in, replacing those of the same keys; nil takes one out.
    public mutating func apply(_ changes: [Key: Value?]) {
        guard !changes.isEmpty, !replaceAll(changes) else { return }
        var oldKeys: [Key] = []
        var oldValues: [Value] = []
        swap(&keys, &oldKeys)
        swap(&values, &oldValues)
        keys.reserveCapacity(oldKeys.count + changes.count)
        values.reserveCapacity(oldKeys.count + changes.count)
        var next = 0
        for key in changes.keys.sorted() {
            while next < oldKeys.count, oldKeys[next] < key {
                keys.append(oldKeys[next])
                values.append(oldValues[next])
                next += 1
            }
            if next < oldKeys.count, oldKeys[next] == key { next += 1 }
            if case let value?? = changes[key] {
                keys.append(key)
                values.append(value)
            }
        }
        keys.append(contentsOf: oldKeys[next...])
        values.append(contentsOf: oldValues[next...])
    }

    /// Applies changes that neither add nor remove a key; false when there are others.
    private mutating func replaceAll(_ changes: [Key: Value?]) -> Bool {
        guard changes.count <= keys.count else { return false }
        var replacements: [(index: Int, value: Value)] = []
        for (key, value) in changes {
            guard let value, let index = index(of: key) else { return false }
            replacements.append((index, value))
        }
        for (index, value) in replacements { values[index] = value }
        return true
    }

    private func lowerBound(of key: Key) -> Int {
        var low = 0
        var high = keys.count
        while low < high {
            let middle = (low + high) / 2
            if keys[middle] < key { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
