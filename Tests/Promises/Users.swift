import Bytes
import Filters
import Foundation
import HTTP
import IngressDialect
import Kubernetes
import Model
import Passwords
import Translation

/// A file of users lets everybody in whom it names with a usable password, by that password and no other, and nobody else;
/// each line that can't be used is told, by its number and without a word of what it says.
///
/// The input is the file, read as `htpasswd` writes it and then as `htdigest` does.
func brokenUsers(_ bytes: [UInt8]) -> String? {
    let lines = UserLine.all(of: bytes)
    return brokenGate(bytes, "basic", lines, isUsable: isPassword).map { "basic: \($0)" }
        ?? brokenGate(bytes, "digest", lines, isUsable: isDigest).map { "digest: \($0)" }
}

/// A line that should name a user.
private struct UserLine {
    var number: Int
    var name: [UInt8]
    /// What stands behind the name's colon.
    var rest: [UInt8]

    static func all(of file: [UInt8]) -> [UserLine] {
        file.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated()
            .compactMap { index, text in
                var text = text.drop { $0 <= 0x20 }
                while let last = text.last, last <= 0x20 { text.removeLast() }
                guard let first = text.first, first != UInt8(ascii: "#") else { return nil }
                let parts = text.split(separator: UInt8(ascii: ":"), maxSplits: 1, omittingEmptySubsequences: false)
                return UserLine(number: index + 1, name: Array(parts[0]), rest: parts.count > 1 ? Array(parts[1]) : [])
            }
    }

    var isNamed: Bool { !name.isEmpty && String(validating: name, as: UTF8.self) != nil }
    /// Whether the name can stand between quotes in a field.
    var isQuotable: Bool {
        name.allSatisfy { $0 >= 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }
    }
    /// Up to a further colon.
    var password: [UInt8] { Array(rest.prefix { $0 != UInt8(ascii: ":") }) }
}

private func isPassword(_ line: UserLine) -> Bool { line.isNamed && (try? PasswordHash(line.password)) != nil }

private func isDigest(_ line: UserLine) -> Bool {
    let digits = line.rest.suffix(32)
    let isHexadecimal = digits.allSatisfy { Character(Unicode.Scalar($0)).isHexDigit }
    return line.isNamed && isHexadecimal && line.rest == Array("\(Gate.realm):".utf8) + digits && digits.count == 32
}

private func guarded(by file: [UInt8], _ type: String) -> [KubernetesObject] {
    annotated(
        [("auth-type", type), ("auth-secret", "users"), ("auth-realm", Gate.realm)], path: "/", users: file)
}

/// What is wrong with the way in that a file of users makes.
private func brokenGate(
    _ file: [UInt8], _ type: String, _ lines: [UserLine], isUsable: (UserLine) -> Bool
) -> String? {
    var translator = IngressTranslator()
    let translation = translator.translate(ObjectStore(guarded(by: file, type)), names: [:])
    if let fault = translation.model.faults().first ?? FilterCheck.diagnostics(translation.model).first {
        return "the model: \(fault)"
    }
    var told: [Int] = []
    for diagnostic in translation.diagnostics where diagnostic.field.contains("auth-secret") {
        guard let number = lineNumber(of: diagnostic) else { return "told: \(diagnostic)" }
        told.append(number)
    }
    let unusable = lines.filter { !isUsable($0) }.map(\.number)
    if told != unusable { return "lines \(told) are told, \(unusable) can't be used" }
    for host in translation.model.virtualHosts {
        for route in host.routes where route.policy.basicAuth != nil || route.policy.digestAuth != nil {
            guard var gate = Gate(route, of: host, translation.model.settings) else {
                return "a route that can't be compiled"
            }
            return gate.broken(by: firstOfEachName(lines.filter(isUsable)))
        }
    }
    return "no path asks for a password"
}

private func firstOfEachName(_ lines: [UserLine]) -> [UserLine] {
    var names: Set<[UInt8]> = []
    return lines.filter { names.insert($0.name).inserted }
}

/// The line that a diagnostic speaks of; nil when it may say something of what stands there.
private func lineNumber(of diagnostic: Diagnostic) -> Int? {
    let faults: [PasswordHashFault] = [.empty, .unknownForm, .malformed, .tooExpensive]
    let texts =
        faults.map { "\($0)" } + [
            "names no user", "has a user name that is no UTF-8", "is not user:realm:digest with 32 digits",
            "is of another realm than auth-realm says",
        ]
    let words = diagnostic.fault.split(separator: " ", maxSplits: 2)
    guard words.count == 3, words[0] == "line", let number = Int(words[1]),
        texts.contains(where: { words[2] == "of Secret shop/users \($0), so that user can't come in" })
    else { return nil }
    return number
}

/// Passwords that take longer than about so many microseconds are not tried.
private let highestCost = 1000

extension Gate {
    fileprivate mutating func broken(by users: [UserLine]) -> String? {
        if answer(to: nil) != .challenge { return "who says nothing comes in" }
        return isBasic ? brokenBasic(users) : brokenDigest(users)
    }

    // MARK: Basic authentication

    private mutating func brokenBasic(_ users: [UserLine]) -> String? {
        var hashes: [PasswordHash] = []
        for user in users {
            guard let hash = try? PasswordHash(user.password) else { return "a password that can't be used" }
            hashes.append(hash)
        }
        // For a name that nobody has, the costliest is computed.
        guard hashes.allSatisfy({ $0.cost <= highestCost }) else { return nil }
        for (user, hash) in zip(users, hashes).prefix(3) {
            let plain = user.password.starts(with: "{PLAIN}".utf8) ? Array(user.password.dropFirst(7)) : nil
            let right = plain ?? Array("secret".utf8)
            if let plain, !plain.contains(0), !hash.matches(plain) { return "a plain password is not its own" }
            for password in [right, right + [UInt8(ascii: "x")], []] {
                let expected = hash.matches(password) ? Verdict.proceed : .challenge
                if let broken = brokenLogin(user.name, password, expected) { return broken }
            }
            let nobody = user.name + [UInt8(ascii: "x")]
            if users.contains(where: { $0.name == nobody }) { continue }
            if let broken = brokenLogin(nobody, right, .challenge) { return "a name that nobody has: \(broken)" }
        }
        return nil
    }

    private mutating func brokenLogin(_ name: [UInt8], _ password: [UInt8], _ expected: Verdict) -> String? {
        let credentials = name + [UInt8(ascii: ":")] + password
        // Longer ones are refused, whatever they say.
        if credentials.count > 2000 { return nil }
        let verdict = answer(to: Array("Basic \(Data(credentials).base64EncodedString())".utf8))
        return verdict == expected
            ? nil : "\(name) with \(password) gets \(String(describing: verdict)), not \(expected)"
    }

    // MARK: Digest authentication

    private mutating func brokenDigest(_ users: [UserLine]) -> String? {
        for user in users.prefix(3) where user.isQuotable {
            let digest = String(decoding: user.rest.suffix(32), as: UTF8.self).lowercased()
            let name = String(decoding: user.name, as: UTF8.self)
            if let broken = brokenProof(name, digest, .proceed) { return broken }
            let other = digest.map { $0 == "0" ? "1" : "0" }.joined()
            if let broken = brokenProof(name, other, .challenge) { return "another digest: \(broken)" }
            if users.contains(where: { $0.name == user.name + Array("x".utf8) }) { continue }
            if let broken = brokenProof(name + "x", digest, .challenge) { return "a name that nobody has: \(broken)" }
        }
        let none = String(repeating: "0", count: 32)
        if users.contains(where: { $0.name.isEmpty }) { return "somebody has no name" }
        return brokenProof("", none, .challenge)
    }

    /// Answers a challenge, knowing this digest of name, realm and password.
    private mutating func brokenProof(_ name: String, _ digest: String, _ expected: Verdict) -> String? {
        guard let nonce = nonce() else { return "no nonce" }
        let response = Self.response(to: nonce, knowing: digest)
        let verdict = answer(to: Array(Self.proof(of: name, nonce: nonce, response: response).utf8))
        return verdict == expected ? nil : "\(name) gets \(String(describing: verdict)), not \(expected)"
    }
}
