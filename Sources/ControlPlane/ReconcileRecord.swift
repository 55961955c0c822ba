public import Model
import Synchronization

/// What became of one look at the configuration.
public enum ReconcileOutcome: Sendable, Equatable {
    /// A new model was handed to the data plane.
    case published(ModelDiff)
    /// The objects mean what they meant before.
    case unchanged
    /// The model was refused; the one before stays.
    case refused(String)

    public var isSuccess: Bool {
        switch self {
        case .published, .unchanged: true
        case .refused: false
        }
    }
}

/// The state of the configuration for those outside the control plane: metrics, readiness, the admin side.
public final class ReconcileRecord: Sendable {
    /// What is known at one time.
    public struct Values: Sendable {
        /// Nil before the first look.
        public var last: ReconcileOutcome?
        public var published = 0
        public var refused = 0
        /// Seconds since 1970 of the newest look that succeeded; 0 before the first.
        public var lastSuccessSeconds = 0
        /// How long the newest look took, from reading files to handing over the model.
        public var lastDuration = Duration.zero
        /// Everything there is to say about the configuration as it is now.
        public var diagnostics: [Diagnostic] = []
        /// The model that is in use.
        public var model = ProxyModel()
    }

    private let state = Mutex(Values())
    private let onLook: @Sendable (Values) -> Void

    /// - Parameter onLook: is told of every look that changed something or failed.
    public init(onLook: @escaping @Sendable (Values) -> Void = { _ in }) { self.onLook = onLook }

    public var values: Values { state.withLock { $0 } }

    func update(_ change: (inout Values) -> Void) {
        let values = state.withLock { values in
            change(&values)
            return values
        }
        if values.last != .unchanged { onLook(values) }
    }
}
