public import Bytes
public import HTTP
import Model
public import Pattern

/// Changes cookies and redirects of an upstream's response; see `ResponseRewrite`.
///
/// A value that no rule fits, or whose replacement has no room or is no field value, stays as it is.
public final class ResponseRewriteFilter: Sendable {
    /// What a rule takes the place of.
    private enum Extent {
        /// The whole value, when it is the text.
        case whole
        /// The beginning of the value.
        case prefix
    }

    private let cookieDomain: [Rule]
    private let cookiePath: [Rule]
    private let location: [Rule]
    private let cookieFlags: CookieFlagsFilter

    init(_ policy: ResponseRewrite, _ constants: Template.Constants) throws(FilterError) {
        cookieDomain = try Self.rules(policy.cookieDomain, constants)
        cookiePath = try Self.rules(policy.cookiePath, constants)
        location = try Self.rules(policy.location, constants)
        cookieFlags = try CookieFlagsFilter(policy.cookieFlags)
    }

    private static func rules(
        _ policies: [ResponseRewrite.Rule], _ constants: Template.Constants
    ) throws(FilterError) -> [Rule] {
        var rules: [Rule] = []
        for policy in policies { rules.append(try Rule(policy, constants)) }
        return rules
    }

    /// Changes the fields of a response.
    ///
    /// - Parameter scratch: where new values are put together.
    public func apply(
        to headers: inout HeaderBlock, for head: borrowing RequestHead, _ context: RequestContext,
        _ patterns: inout PatternScratch, scratch: inout ByteBuffer
    ) {
        if !location.isEmpty, headers.containsAny(of: [.location, .refresh]) {
            rewrite(.location, of: &headers, head, context, &patterns, &scratch)
            rewrite(.refresh, of: &headers, head, context, &patterns, &scratch)
        }
        guard headers.contains(.setCookie) else { return }
        if !cookieFlags.isEmpty { cookieFlags.apply(to: &headers, &patterns, &scratch) }
        if cookieDomain.isEmpty && cookiePath.isEmpty { return }
        var next = headers.firstIndex(of: .setCookie)
        while let index = next {
            if rewriteCookie(headers.value(index), head, context, &patterns, &scratch) {
                headers.setValue(at: index, scratch.readable)
            }
            next = headers.firstIndex(of: .setCookie, from: index + 1)
        }
        scratch.clear()
    }

    // MARK: Redirects

    private func rewrite(
        _ id: HeaderID, of headers: inout HeaderBlock, _ head: borrowing RequestHead, _ context: RequestContext,
        _ patterns: inout PatternScratch, _ scratch: inout ByteBuffer
    ) {
        guard let index = headers.firstIndex(of: id) else { return }
        let start = id == .refresh ? Self.urlStart(inRefresh: headers.value(index)) : 0
        guard let start else { return }
        scratch.clear()
        if Self.append(
            headers.value(index), from: start, location, .prefix, head, context, &patterns, &scratch)
        {
            headers.setValue(at: index, scratch.readable)
        }
        scratch.clear()
    }

    /// `5; url=http://…`: where the URL begins.
    private static func urlStart(inRefresh value: Span<UInt8>) -> Int? {
        guard value.count > 4 else { return nil }
        for index in 0...(value.count - 4) where value.extracting(index..<index + 4).equalsIgnoringCase("url=") {
            return index + 4
        }
        return nil
    }

    /// Appends `value` with everything from `start` on rewritten. False when no rule fits, or there is no room.
    private static func append(
        _ value: Span<UInt8>, from start: Int, _ rules: [Rule], _ extent: Extent, _ head: borrowing RequestHead,
        _ context: RequestContext, _ patterns: inout PatternScratch, _ scratch: inout ByteBuffer
    ) -> Bool {
        guard scratch.append(ifRoom: value.extracting(0..<start)) else { return false }
        return replace(value.extracting(start..<value.count), rules, extent, head, context, &patterns, &scratch)
    }

    // MARK: Cookies

    /// Writes a cookie with its attributes changed. False when nothing changes.
    private func rewriteCookie(
        _ value: Span<UInt8>, _ head: borrowing RequestHead, _ context: RequestContext,
        _ patterns: inout PatternScratch, _ scratch: inout ByteBuffer
    ) -> Bool {
        scratch.clear()
        var hasChanged = false
        var start = 0
        while start < value.count {
            let end = value.first(.semicolon, from: start, to: value.count)
            let equals = value.first(.equals, from: start, to: end)
            var isDone = false
            if start > 0, equals < end {
                let name = value.extracting(start..<equals)
                let trimmed = name.trimmed
                let attribute = name.extracting(trimmed)
                let before = scratch.count
                let isDomain = attribute.equalsIgnoringCase("domain")
                if isDomain || attribute.equalsIgnoringCase("path") {
                    guard scratch.append(ifRoom: value.extracting(start..<equals + 1)) else { return false }
                    isDone = Self.replace(
                        value.extracting(equals + 1..<end), isDomain ? cookieDomain : cookiePath,
                        isDomain ? .whole : .prefix, head, context, &patterns, &scratch)
                    if !isDone { scratch.truncate(to: before) }
                }
            }
            hasChanged = hasChanged || isDone
            if !isDone, !scratch.append(ifRoom: value.extracting(start..<end)) { return false }
            if end < value.count, !scratch.append(ifRoom: value.extracting(end..<end + 1)) { return false }
            start = end + 1
        }
        return hasChanged
    }

    // MARK: One value

    /// Appends what takes the place of `value`. False when no rule fits, or there is no room.
    private static func replace(
        _ value: Span<UInt8>, _ rules: [Rule], _ extent: Extent, _ head: borrowing RequestHead,
        _ context: RequestContext, _ patterns: inout PatternScratch, _ scratch: inout ByteBuffer
    ) -> Bool {
        for rule in rules {
            switch rule.pattern {
            case .text(let text):
                guard let rest = Self.rest(of: value, behind: text, extent) else { continue }
                return rule.append(value, Captures(), head, context, to: &scratch)
                    && scratch.append(ifRoom: value.extracting(rest..<value.count))
            case .regex(let pattern):
                guard pattern.match(value, &patterns) == .match else { continue }
                return rule.append(value, patterns.captures, head, context, to: &scratch)
            }
        }
        return false
    }

    /// Where what a text leaves of a value begins; nil when it does not fit.
    private static func rest(of value: Span<UInt8>, behind text: [UInt8], _ extent: Extent) -> Int? {
        switch extent {
        case .prefix: return value.starts(with: text.span) ? text.count : nil
        case .whole:
            // A leading dot of a domain says nothing (RFC 6265 §5.2.3).
            let bare = value.count > 0 && value[0] == .dot ? value.extracting(1..<value.count) : value
            let wanted = text.first == .dot ? text.span.extracting(1..<text.count) : text.span
            return bare.equalsIgnoringCase(wanted) ? value.count : nil
        }
    }
}

extension ResponseRewriteFilter {
    /// One rule, compiled.
    fileprivate struct Rule: Sendable {
        enum Match: Sendable {
            case text([UInt8])
            case regex(Pattern)
        }

        /// A part of the replacement.
        enum Part: Sendable {
            case template(Template)
            /// What a group of the rule's own pattern matched.
            case group(Int)
        }

        let pattern: Match
        let parts: [Part]

        init(_ policy: ResponseRewrite.Rule, _ constants: Template.Constants) throws(FilterError) {
            switch policy.pattern {
            case .text(let text):
                pattern = .text(Array(text.utf8))
                parts = [.template(try Template(policy.replacement, constants))]
            case .regex(let text, let ignoringCase):
                do { pattern = .regex(try Pattern(text, options: ignoringCase ? .ignoringCase : [])) } catch {
                    throw .badPattern(text, error)
                }
                parts = try Self.parts(policy.replacement, constants)
            }
        }

        /// Splits a replacement at its groups: those of the rule's pattern, where a template's own are the path's.
        private static func parts(
            _ text: String, _ constants: Template.Constants
        ) throws(FilterError) -> [Part] {
            var parts: [Part] = []
            var literal: [UInt8] = []
            let bytes = Array(text.utf8)
            var index = 0
            while index < bytes.count {
                if bytes[index] == .dollar, index + 1 < bytes.count, bytes[index + 1].isDigit {
                    if !literal.isEmpty { parts.append(.template(try template(literal, constants))) }
                    literal = []
                    parts.append(.group(Int(bytes[index + 1] - .zero)))
                    index += 2
                } else {
                    literal.append(bytes[index])
                    index += 1
                }
            }
            if !literal.isEmpty { parts.append(.template(try template(literal, constants))) }
            return parts
        }

        private static func template(
            _ bytes: [UInt8], _ constants: Template.Constants
        ) throws(FilterError) -> Template {
            try Template(String(decoding: bytes, as: UTF8.self), constants)
        }

        /// Appends the replacement. False when there is no room.
        func append(
            _ value: Span<UInt8>, _ captures: Captures, _ head: borrowing RequestHead, _ context: RequestContext,
            to scratch: inout ByteBuffer
        ) -> Bool {
            for part in parts {
                switch part {
                case .template(let template):
                    guard template.append(for: head, context, Captures(), to: &scratch) else { return false }
                case .group(let number):
                    guard let range = captures[number] else { continue }
                    guard scratch.append(ifRoom: value.extracting(range)) else { return false }
                }
            }
            return true
        }
    }
}
