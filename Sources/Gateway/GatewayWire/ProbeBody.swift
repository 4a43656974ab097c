/// What `/healthz`, `/ready` and `/startup` answer, with 200 when `status` is `pass` and 503 when it is `fail`.
package struct ProbeBody: Sendable, Hashable, Codable {
    package static let mediaType = "application/json"

    package enum Status: String, Sendable, Codable { case pass, fail }

    package struct Check: Sendable, Hashable, Codable {
        package let name: String
        package let passes: Bool
        package let detail: String

        package init(name: String, passes: Bool, detail: String) {
            self.name = name
            self.passes = passes
            self.detail = detail
        }
    }

    package let status: Status
    /// When the checks were asked, RFC 3339 in UTC.
    package let asOf: String
    package let checks: [Check]

    package init(status: Status, asOf: String, checks: [Check]) {
        self.status = status
        self.asOf = asOf
        self.checks = checks
    }

    package var json: [UInt8] {
        JSONText.object { text in
            text.member("status", status.rawValue)
            text.member("as_of", asOf)
            text.member("checks", checks) { check, object in
                object.member("name", check.name)
                object.member("passes", check.passes)
                object.member("detail", check.detail)
            }
        }
    }

    private enum CodingKeys: String, CodingKey {
        case status, checks
        case asOf = "as_of"
    }
}
