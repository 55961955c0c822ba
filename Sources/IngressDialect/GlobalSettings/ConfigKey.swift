import Model

/// One key of the controller's ConfigMap, in one row of the table.
struct ConfigKey: Sendable {
    let name: String
    let form: String
    /// What holds when it is absent or unusable, for people.
    let standard: String
    let summary: String
    /// Why it does nothing, when it doesn't.
    var shortfall: Shortfall?
    /// Parses a value and writes what it means.
    let write: @Sendable (String, inout GlobalSettings) throws(ValueFault) -> Void

    /// What a diagnostic says about an unusable value.
    var afterFault: String { standard.isEmpty ? "it counts as absent" : "the default \(standard) is used" }

    /// A key whose value goes into one field.
    init<Value>(
        _ name: String, _ syntax: Syntax<Value>, default standard: String,
        _ field: any WritableKeyPath<GlobalSettings, Value> & Sendable, _ summary: String
    ) {
        self.init(name, syntax, default: standard, summary) { $1[keyPath: field] = $0 }
    }

    /// A key whose value goes into one field that is nil by default.
    init<Value>(
        _ name: String, optional syntax: Syntax<Value>, default standard: String,
        _ field: any WritableKeyPath<GlobalSettings, Value?> & Sendable, _ summary: String
    ) {
        self.init(name, syntax, default: standard, summary) { $1[keyPath: field] = $0 }
    }

    /// A key whose value is put to use in a way of its own.
    init<Value>(
        _ name: String, _ syntax: Syntax<Value>, default standard: String, _ summary: String,
        use: @escaping @Sendable (Value, inout GlobalSettings) throws(ValueFault) -> Void
    ) {
        self.init(
            name, form: syntax.form, default: standard, summary,
            write: { text, globals throws(ValueFault) in try use(try syntax.parse(text), &globals) })
    }

    /// A key whose text is put to use in a way of its own.
    init(
        _ name: String, form: String, default standard: String, _ summary: String,
        write: @escaping @Sendable (String, inout GlobalSettings) throws(ValueFault) -> Void
    ) {
        self.name = name
        self.form = form
        self.standard = standard
        self.summary = summary
        self.write = write
    }

    /// A key whose value is a list, of which the good items are used whatever the others are.
    init(
        _ name: String, each form: String, isOne: @escaping @Sendable (String) -> Bool, default standard: String,
        _ summary: String, use: @escaping @Sendable ([String], inout GlobalSettings) -> Void
    ) {
        self.init(name, .list, default: standard, summary) { items, globals throws(ValueFault) in
            use(items.filter(isOne), &globals)
            guard let bad = items.first(where: { !isOne($0) }) else { return }
            var fault = ValueFault.expected(form, bad)
            fault.outcome = "it counts as absent"
            throw fault
        }
    }

    /// A key that gives an annotation's default.
    init(defaultOf annotation: Annotation) {
        name = annotation.name
        form = annotation.form
        standard = annotation.standard
        summary = "The default of the annotation."
        write = { text, globals throws(ValueFault) in try annotation.write(text, &globals.defaults) }
    }

    /// A key that decides who may come in: with a value that cannot be used every Ingress answers 503.
    init<Value>(
        _ name: String, guarding syntax: Syntax<Value>,
        _ field: any WritableKeyPath<GlobalSettings, Value?> & Sendable, _ summary: String
    ) {
        self.init(
            name, guardingList: Syntax<Value?>(syntax.form) { text throws(ValueFault) in try syntax.parse(text) },
            field, summary)
    }

    /// The same for a field that is never nil.
    init<Value>(
        _ name: String, guardingList syntax: Syntax<Value>,
        _ field: any WritableKeyPath<GlobalSettings, Value> & Sendable, _ summary: String
    ) {
        self.name = name
        form = syntax.form
        standard = ""
        self.summary = summary
        write = { text, globals throws(ValueFault) in
            do throws(ValueFault) { globals[keyPath: field] = try syntax.parse(text) } catch {
                globals.defaults.protection.refusingPaths.append("\(name) of the ConfigMap")
                var fault = error
                fault.outcome = "every Ingress answers 503"
                throw fault
            }
        }
    }

    /// A key that is not honoured yet and decides who may come in: while it holds, every Ingress answers 503.
    init(
        _ name: String, refused form: String, when isActive: @escaping @Sendable (String) -> Bool = { _ in true },
        _ summary: String
    ) {
        self.name = name
        self.form = form
        standard = ""
        self.summary = summary
        write = { text, globals in
            if isActive(text) { globals.defaults.protection.refusingPaths.append("\(name) of the ConfigMap") }
        }
    }
}
