import EnergyModel
import Ports

/// What every store of sessions does. Each case wants an empty one.
package enum SessionRecordsContract {
    package static let cases: [ContractCase<any SessionRecords>] = [
        ContractCase("a session is found by its digest, whole") { try await finds($0) },
        ContractCase("a digest is taken once") { try await refuses($0) },
        ContractCase("use moves the expiry on, never back and never beyond the end") { try await extends($0) },
        ContractCase("an ended session is gone") { try await ends($0) },
        ContractCase("a name keeps its sessions used last") { try await bounds($0) },
        ContractCase("what expired is dropped, a batch at a time") { try await drops($0) },
    ]

    private static func moment(_ second: Int64) -> UTCInstant { UTCInstant(seconds: 1_790_000_000 + second) }

    private static func session(
        _ digest: String, of name: String = "ana", scope: FacilityScope = .all, used: Int64 = 0, expires: Int64 = 100
    ) -> StoredSession {
        StoredSession(
            digest: digest, identity: OperatorIdentity(name: name, role: .operator, scope: scope), origin: "token",
            begunAt: moment(0), usedAt: moment(used), expiresAt: moment(expires), endsAt: moment(500))
    }

    private static func finds(_ records: any SessionRecords) async throws {
        let facilities = Set(["F-2", "F-1"].compactMap { FacilityID($0) })
        let some = [
            session("aa"), session("bb", of: "a'; --", scope: .only(facilities)), session("cc", scope: .only([])),
        ]
        for one in some { try await records.begin(one, keeping: 10) }
        for one in some { try requireEqual(try await records.session(one.digest), one, "the session") }
        try requireEqual(try await records.session("AA"), nil, "another digest")
    }

    private static func refuses(_ records: any SessionRecords) async throws {
        try await records.begin(session("aa"), keeping: 10)
        do throws(PortError) {
            try await records.begin(session("aa", of: "ben"), keeping: 10)
        } catch {
            try requireEqual(error.code, .invalid, "the refusal")
            return try requireEqual(try await records.session("aa"), session("aa"), "the first one")
        }
        throw ContractViolation(description: "`.invalid` expected")
    }

    private static func extends(_ records: any SessionRecords) async throws {
        try await records.begin(session("aa"), keeping: 10)
        var found = try await records.extend(session: "aa", usedAt: moment(50), expiresAt: moment(150))
        try requireEqual(found, true, "a session to extend")
        found = try await records.extend(session: "aa", usedAt: moment(40), expiresAt: moment(140))
        try requireEqual(found, true, "an extension that came late")
        try requireEqual(try await records.session("aa")?.usedAt, moment(50), "used at")
        try requireEqual(try await records.session("aa")?.expiresAt, moment(150), "expiry")
        found = try await records.extend(session: "aa", usedAt: moment(60), expiresAt: moment(900))
        try requireEqual(try await records.session("aa")?.expiresAt, moment(500), "expiry at its end")
        found = try await records.extend(session: "none", usedAt: moment(60), expiresAt: moment(90))
        try requireEqual(found, false, "a session that is not there")
    }

    private static func ends(_ records: any SessionRecords) async throws {
        try await records.begin(session("aa"), keeping: 10)
        try await records.begin(session("bb"), keeping: 10)
        try requireEqual(try await records.end(session: "aa"), true, "ended")
        try requireEqual(try await records.end(session: "aa"), false, "ended twice")
        try requireEqual(try await records.session("aa"), nil, "the ended one")
        try requireEqual(try await records.session("bb"), session("bb"), "the other one")
    }

    private static func bounds(_ records: any SessionRecords) async throws {
        for (digest, used) in [("aa", 3), ("bb", 1), ("cc", 2)] as [(String, Int64)] {
            try await records.begin(session(digest, used: used), keeping: 3)
        }
        try await records.begin(session("dd", of: "ben"), keeping: 1)
        // Itself used longest ago, as by a clock that was set back, and kept all the same.
        try await records.begin(session("ee", used: 0), keeping: 2)
        var left: [String] = []
        for digest in ["aa", "bb", "cc", "dd", "ee"] where try await records.session(digest) != nil {
            left.append(digest)
        }
        try requireEqual(left, ["aa", "dd", "ee"], "sessions left")
    }

    private static func drops(_ records: any SessionRecords) async throws {
        for (digest, expires) in [("aa", 10), ("bb", 30), ("cc", 20)] as [(String, Int64)] {
            try await records.begin(session(digest, expires: expires), keeping: 10)
        }
        try requireEqual(try await records.dropSessions(expiredBefore: moment(30), batch: 1), 1, "one batch")
        try requireEqual(try await records.session("aa"), nil, "the one that expired first")
        try requireEqual(try await records.dropSessions(expiredBefore: moment(30), batch: 5), 1, "the rest")
        try requireEqual(try await records.dropSessions(expiredBefore: moment(30), batch: 5), 0, "nothing more")
        try requireEqual(try await records.session("bb") != nil, true, "one that expires at the moment itself")
    }
}
