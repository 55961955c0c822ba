import Model

/// What the directives of one place say about caching responses. What a place doesn't say holds from the place around it,
/// directive by directive, as in nginx.
struct ResponseCacheDraft: Sendable, Equatable {
    /// The zone's name; empty for `off`.
    var zone: String?
    var key: String?
    var validities: [ResponseCache.Validity]?
    var bypass: [String]?
    var noStore: [String]?
    var minimumUses: Int?
    var staleConditions: Retry.Conditions?
    var answersWhileUpdating: Bool?
    var updatesInBackground: Bool?
    var revalidates: Bool?
    var locks: Bool?
    var lockTimeout: Duration?
    var lockAge: Duration?
    var ignoredFields: ResponseCache.IgnoredFields?
    var convertsHead: Bool?

    var isEmpty: Bool { self == ResponseCacheDraft() }

    /// What holds in this place, within another.
    func within(_ outer: ResponseCacheDraft) -> ResponseCacheDraft {
        var draft = self
        draft.zone = zone ?? outer.zone
        draft.key = key ?? outer.key
        draft.validities = validities ?? outer.validities
        draft.bypass = bypass ?? outer.bypass
        draft.noStore = noStore ?? outer.noStore
        draft.minimumUses = minimumUses ?? outer.minimumUses
        draft.staleConditions = staleConditions ?? outer.staleConditions
        draft.answersWhileUpdating = answersWhileUpdating ?? outer.answersWhileUpdating
        draft.updatesInBackground = updatesInBackground ?? outer.updatesInBackground
        draft.revalidates = revalidates ?? outer.revalidates
        draft.locks = locks ?? outer.locks
        draft.lockTimeout = lockTimeout ?? outer.lockTimeout
        draft.lockAge = lockAge ?? outer.lockAge
        draft.ignoredFields = ignoredFields ?? outer.ignoredFields
        draft.convertsHead = convertsHead ?? outer.convertsHead
        return draft
    }

    func policy() -> ResponseCache? {
        guard let zone, !zone.isEmpty else { return nil }
        var policy = ResponseCache(zone: zone)
        policy.key = key ?? policy.key
        policy.validities = validities ?? []
        policy.bypass = bypass ?? []
        policy.noStore = noStore ?? []
        policy.minimumUses = minimumUses ?? policy.minimumUses
        policy.staleConditions = staleConditions ?? []
        policy.answersWhileUpdating = answersWhileUpdating ?? false
        policy.updatesInBackground = updatesInBackground ?? false
        policy.revalidates = revalidates ?? false
        policy.ignoredFields = ignoredFields ?? []
        policy.convertsHead = convertsHead ?? true
        if locks == true {
            var lock = ResponseCache.Lock()
            lock.timeout = lockTimeout ?? lock.timeout
            lock.age = lockAge ?? lock.age
            policy.lock = lock
        }
        return policy
    }
}
