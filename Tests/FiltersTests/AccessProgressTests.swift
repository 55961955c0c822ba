import HTTP
import Model
import Testing

@testable import Filters

@Suite struct `Access stage` {
    struct Case: Sendable, CustomTestStringConvertible {
        var satisfy: Satisfy
        /// Of addresses, passwords and the service.
        var opinions: [AccessOpinion]
        var verdict: Verdict
        var testDescription: String { "\(satisfy): \(opinions)" }
    }

    static let forbidden = AccessOpinion.denied(.refuse(.forbidden))
    static let unauthorized = AccessOpinion.denied(.challenge)
    static let failed = AccessOpinion.denied(.refuse(.internalServerError))

    static let cases = [
        Case(satisfy: .all, opinions: [.indifferent, .indifferent, .indifferent], verdict: .proceed),
        Case(satisfy: .any, opinions: [.indifferent, .indifferent, .indifferent], verdict: .proceed),
        Case(satisfy: .all, opinions: [.granted, .granted, .granted], verdict: .proceed),
        Case(satisfy: .all, opinions: [forbidden], verdict: .refuse(.forbidden)),
        Case(satisfy: .all, opinions: [.granted, unauthorized], verdict: .challenge),
        Case(satisfy: .all, opinions: [.granted, .granted, forbidden], verdict: .refuse(.forbidden)),
        Case(satisfy: .any, opinions: [.granted], verdict: .proceed),
        Case(satisfy: .any, opinions: [forbidden, .granted], verdict: .proceed),
        Case(satisfy: .any, opinions: [forbidden, unauthorized, .granted], verdict: .proceed),
        Case(satisfy: .any, opinions: [forbidden, unauthorized, .indifferent], verdict: .challenge),
        Case(satisfy: .any, opinions: [forbidden, .indifferent, .indifferent], verdict: .refuse(.forbidden)),
        Case(satisfy: .any, opinions: [.indifferent, unauthorized, forbidden], verdict: .challenge),
        Case(
            satisfy: .any, opinions: [forbidden, .indifferent, .denied(.refuse(.unauthorized))],
            verdict: .refuse(.unauthorized)),
        Case(satisfy: .any, opinions: [forbidden, failed], verdict: .refuse(.internalServerError)),
    ]

    @Test(arguments: cases)
    func `puts the opinions of the rules together`(given: Case) {
        var progress = AccessProgress()
        var verdict: Verdict?
        var spoken = 0
        while verdict == nil, spoken < given.opinions.count {
            verdict = progress.take(given.opinions[spoken], given.satisfy)
            spoken += 1
        }
        #expect(verdict == given.verdict)
        #expect(spoken == given.opinions.count)
    }

    @Test(arguments: [Satisfy.all, .any])
    func `waits for an answer at the rule that asks`(satisfy: Satisfy) {
        var progress = AccessProgress()
        _ = progress.take(.indifferent, satisfy)
        _ = progress.take(.indifferent, satisfy)
        #expect(progress.take(.pending(.ask), satisfy) == .ask)
        #expect(progress.step == .service)
        #expect(progress.take(.granted, satisfy) == .proceed)
    }
}
