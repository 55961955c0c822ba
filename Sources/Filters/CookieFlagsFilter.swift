import Bytes
import HTTP
import Model
import Pattern

/// Gives cookies flags and takes flags from them; see `CookieFlags`. A cookie for whose new flags there is no room stays
/// as it is.
struct CookieFlagsFilter: Sendable {
    /// Which cookies a rule is for.
    private enum Selection: Sendable {
        case all
        case name([UInt8])
        case pattern(Pattern)
    }

    private let rules: [(selection: Selection, flags: CookieFlags)]

    var isEmpty: Bool { rules.isEmpty }

    init(_ policies: [CookieFlags]) throws(FilterError) {
        var rules: [(selection: Selection, flags: CookieFlags)] = []
        for policy in policies {
            switch policy.cookie {
            case nil: rules.append((.all, policy))
            case .text(let name): rules.append((.name(Array(name.utf8)), policy))
            case .regex(let text, let ignoringCase):
                do throws(PatternError) {
                    rules.append((.pattern(try Pattern(text, options: ignoringCase ? .ignoringCase : [])), policy))
                } catch {
                    throw .badPattern(text, error)
                }
            }
        }
        self.rules = rules
    }

    /// Changes every cookie that a response sets.
    func apply(to headers: inout HeaderBlock, _ patterns: inout PatternScratch, _ scratch: inout ByteBuffer) {
        var next = headers.firstIndex(of: .setCookie)
        while let index = next {
            scratch.clear()
            if let rule = rule(for: headers.value(index), &patterns),
                Self.write(headers.value(index), with: rules[rule].flags, to: &scratch)
            {
                headers.setValue(at: index, scratch.readable)
            }
            next = headers.firstIndex(of: .setCookie, from: index + 1)
        }
        scratch.clear()
    }

    /// The first rule that is for a cookie.
    private func rule(for cookie: Span<UInt8>, _ patterns: inout PatternScratch) -> Int? {
        let end = min(
            cookie.first(.equals, from: 0, to: cookie.count), cookie.first(.semicolon, from: 0, to: cookie.count))
        let part = cookie.extracting(0..<end)
        let name = part.extracting(part.trimmed)
        for index in rules.indices {
            switch rules[index].selection {
            case .all: return index
            case .name(let wanted): if name.equalsIgnoringCase(wanted.span) { return index }
            case .pattern(let pattern): if pattern.match(name, &patterns) == .match { return index }
            }
        }
        return nil
    }

    /// Writes a cookie without the flags that change, and those that are set behind it. False when there is no room.
    private static func write(_ cookie: Span<UInt8>, with flags: CookieFlags, to scratch: inout ByteBuffer) -> Bool {
        var start = 0
        while start < cookie.count {
            let end = cookie.first(.semicolon, from: start, to: cookie.count)
            if start == 0 || !isReplaced(cookie.extracting(start..<end), flags) {
                if start > 0, !scratch.append(ifRoom: (";" as StaticString).bytes) { return false }
                guard scratch.append(ifRoom: cookie.extracting(start..<end)) else { return false }
            }
            start = end + 1
        }
        if flags.secure == .set, !scratch.append(ifRoom: ("; Secure" as StaticString).bytes) { return false }
        if flags.httpOnly == .set, !scratch.append(ifRoom: ("; HttpOnly" as StaticString).bytes) { return false }
        switch flags.sameSite {
        case .keep, .remove: return true
        case .strict: return scratch.append(ifRoom: ("; SameSite=Strict" as StaticString).bytes)
        case .lax: return scratch.append(ifRoom: ("; SameSite=Lax" as StaticString).bytes)
        case .none: return scratch.append(ifRoom: ("; SameSite=None" as StaticString).bytes)
        }
    }

    private static func isReplaced(_ attribute: Span<UInt8>, _ flags: CookieFlags) -> Bool {
        let part = attribute.extracting(0..<attribute.first(.equals, from: 0, to: attribute.count))
        let name = part.extracting(part.trimmed)
        return flags.secure != .keep && name.equalsIgnoringCase("secure")
            || flags.httpOnly != .keep && name.equalsIgnoringCase("httponly")
            || flags.sameSite != .keep && name.equalsIgnoringCase("samesite")
    }
}
