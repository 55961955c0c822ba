/// Keeps a large value in one place for all its copies.
///
/// A copy counts one reference instead of copying field by field, and copies of one value are equal without a look
/// inside: what models of ten thousand hosts need, of which a reload changes one. Setting the value, or a part of it,
/// makes a new box, so a value of many parts is better built first and boxed then.
@propertyWrapper
public struct Boxed<Value: Sendable & Equatable>: Sendable, Equatable {
    @usableFromInline
    final class Box: Sendable {
        @usableFromInline let value: Value

        @inlinable
        init(_ value: Value) { self.value = value }
    }

    @usableFromInline var box: Box

    @inlinable
    public init(wrappedValue: Value) { box = Box(wrappedValue) }

    @inlinable public var wrappedValue: Value {
        get { box.value }
        set { box = Box(newValue) }
    }

    /// Whether both are copies of one box; values that are equal may stand in several.
    @inlinable
    public func isCopy(of other: Boxed) -> Bool { box === other.box }

    @inlinable
    public static func == (left: Boxed, right: Boxed) -> Bool {
        left.box === right.box || left.box.value == right.box.value
    }
}
