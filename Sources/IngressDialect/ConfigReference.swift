/// The reference page of the controller's ConfigMap, printed from the table that parses it.
public enum ConfigReference {
    /// `Docs/configmap.md`
    public static func page() -> String {
        var page = """
            # The controller's ConfigMap

            Gatehouse reads the ConfigMap that `--configmap` names, by the keys of ingress-nginx. It comes with the \
            manifests; a change goes live as any other. This page is printed from the table that parses the keys; `make \
            fixtures` prints it anew.

            A value that can't be used leaves the default and is a warning, unless the key keeps somebody out: then every \
            Ingress answers 503 until it is right. An unknown key is a warning with the nearest name. A key without effect \
            is named once its value isn't the default.


            """
        for group in ConfigKeyTable.ingressNginx.groups { page += section(group) }
        page.removeLast()
        return page
    }

    private static func section(_ group: ConfigKeyGroup) -> String {
        var text = "## \(group.title)\n\n"
        let isIdle = group.keys.allSatisfy { $0.shortfall != nil }
        let columns =
            isIdle ? ["Key", "Default", "Why it has no effect"] : ["Key", "What it does", "Value", "Default"]
        text += row(columns) + "|" + String(repeating: "---|", count: columns.count) + "\n"
        for key in group.keys { text += isIdle ? idleLine(key) : line(key) }
        return text + "\n"
    }

    private static func line(_ key: ConfigKey) -> String {
        row(["`\(key.name)`", key.summary, key.form, key.standard.isEmpty ? "none" : key.standard])
    }

    private static func idleLine(_ key: ConfigKey) -> String {
        let remedy = key.shortfall?.remedy ?? ""
        let reason = key.summary.prefix(1).uppercased() + key.summary.dropFirst()
        return row([
            "`\(key.name)`", key.standard.isEmpty ? "none" : key.standard,
            reason + (remedy.isEmpty ? "." : "; \(remedy)."),
        ])
    }

    private static func row(_ cells: [String]) -> String {
        "| " + cells.map { $0.replacing("|", with: "\\|") }.joined(separator: " | ") + " |\n"
    }
}
