import Foundation
import TestSupport
import Testing

@Suite struct `External authentication beside a password` {
    struct Case: Sendable, CustomTestStringConvertible {
        var satisfy: String?
        var login: String?
        var answer: String
        var status: Int
        /// How often the service is asked.
        var questions: Int
        var testDescription: String { "\(satisfy ?? "") \(login ?? "") \(answer)" }
    }

    static let cases = [
        Case(login: "ann:secret", answer: "200 OK", status: 200, questions: 1),
        Case(login: "ann:wrong", answer: "200 OK", status: 401, questions: 0),
        Case(login: nil, answer: "200 OK", status: 401, questions: 0),
        Case(login: "ann:secret", answer: "403 Forbidden", status: 403, questions: 1),
        Case(login: "ann:secret", answer: "401 Unauthorized", status: 401, questions: 1),
        Case(satisfy: "any", login: "ann:secret", answer: "403 Forbidden", status: 200, questions: 0),
        Case(satisfy: "any", login: nil, answer: "200 OK", status: 200, questions: 1),
        Case(satisfy: "any", login: "ann:wrong", answer: "200 OK", status: 200, questions: 1),
        Case(satisfy: "any", login: nil, answer: "403 Forbidden", status: 401, questions: 1),
    ]

    /// Both must let a request in, or either, as `satisfy` says. Who fails all of them is asked for a password.
    @Test(arguments: cases)
    func `needs both, or either`(given: Case) throws {
        var annotations = ["auth-type": "basic", "auth-secret": "users"]
        annotations["satisfy"] = given.satisfy
        let scene = try AuthScene(
            annotations, status: given.answer, also: Manifests.secret("users", ["auth": "ann:{PLAIN}secret"]))
        let fields = given.login.map { ["Authorization: Basic \(Data($0.utf8).base64EncodedString())"] } ?? []
        #expect(try scene.gate.request("/", fields).status == given.status)
        #expect(scene.auth.requests.count == given.questions)
        #expect(scene.backend.requests.count == (given.status == 200 ? 1 : 0))
        #expect(scene.backend.requests.allSatisfy { $0["Authorization"] == nil })
    }
}
