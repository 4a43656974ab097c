/// What `POST /api/ingest/readings` answers with 202: every item of the body is durable.
package struct IngestAnswer: Sendable, Hashable, Codable {
    package static let mediaType = "application/json"

    /// Durable in the event log or the local queue.
    package let accepted: Int
    /// Known already by meter and timestamp; nothing to do.
    package let duplicates: Int
    /// Always 0 here: with a refused item the answer is a `Problem` of kind `rejected-readings`.
    package let rejected: Int

    package init(accepted: Int, duplicates: Int) {
        self.accepted = accepted
        self.duplicates = duplicates
        rejected = 0
    }

    package var json: [UInt8] {
        JSONText.object {
            $0.member("accepted", accepted)
            $0.member("duplicates", duplicates)
            $0.member("rejected", rejected)
        }
    }
}
