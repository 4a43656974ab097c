/// The version of every body in this room. Members are only ever added to a version; one that changes its meaning or goes
/// away is a new version (ledger API-17). Readers ignore members that they do not know.
package enum WireVersion {
    package static let current = 1
    /// The response header that tells it.
    package static let header = "Switchyard-Wire-Version"
    /// The response header with the moment the answer's data is of, RFC 3339 in UTC (ledger API-14).
    package static let dataTimestampHeader = "Data-Timestamp"
}
