import Model
import Translation

/// Address rules in nginx's order, the first that fits deciding, as lists: denied addresses, then those that are
/// let in.
///
/// A block that is denied behind others that are let in loses those: `allow 10.0.0.1; deny 10.0.0.0/8;` denies the
/// blocks around `10.0.0.1`. Without a `deny all` behind them, addresses that are let in keep nobody else out; they are
/// listed for `satisfy any`, which asks no password of them.
enum SnippetAccess {
    /// What `deny all` amounts to.
    static let nobody = AddressRules(denied: ["0.0.0.0/0", "::/0"])

    /// The most blocks that a denied one is cut into.
    static let mostBlocks = 4096

    /// What is said of rules that fall into too many blocks.
    static let fault = "the blocks that are denied behind an allow are too many"
    static let remedy = "write each deny before the first allow, but for deny all"

    /// - Returns: nil when the lists would hold more than ``mostBlocks``, or a rule holds no block.
    static func rules(_ access: [SnippetCompiler.AccessRule]) -> AddressRules? {
        var denied: [String] = []
        var allowed: [String] = []
        var exceptions: [AddressBlock] = []
        for rule in access {
            switch (rule.allows, rule.block) {
            case (true, "all"):
                return AddressRules(denied: denied, allowed: ["0.0.0.0/0", "::/0"], deniesOthers: false)
            case (false, "all"):
                if allowed.isEmpty { return nobody }
                return AddressRules(denied: denied, allowed: allowed)
            case (true, let text):
                guard let block = AddressBlock(text) else { return nil }
                allowed.append(text)
                exceptions.append(block)
            case (false, let text):
                guard let block = AddressBlock(text), let parts = cut(block, by: exceptions) else { return nil }
                denied += parts == [block] ? [text] : parts.map(\.text)
                guard denied.count <= mostBlocks else { return nil }
            }
        }
        return AddressRules(denied: denied, allowed: allowed, deniesOthers: allowed.isEmpty)
    }

    /// What is left of a block without others, in order.
    private static func cut(_ block: AddressBlock, by exceptions: [AddressBlock]) -> [AddressBlock]? {
        var parts = [block]
        for exception in exceptions {
            parts = parts.flatMap { $0.without(exception) }
            guard parts.count <= mostBlocks else { return nil }
        }
        return parts
    }
}
