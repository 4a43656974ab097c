import Ports

/// Which form of readings a Content-Type names.
enum ReadingMediaType {
    static let all = "application/json, application/x-ndjson, application/x-protobuf"

    /// Nil for an unknown type and for text that is not UTF-8.
    static func format(contentType: String) -> IntakeDelivery.Format? {
        let parts = contentType.lowercased().split(separator: ";").map { trimmed($0) }
        let charset = parts.dropFirst().first { $0.hasPrefix("charset=") }?.dropFirst("charset=".count)
        if let charset, !["utf-8", "\"utf-8\"", "utf8", "us-ascii"].contains(String(charset)) { return nil }
        switch parts.first {
        case "application/json": return .json
        case "application/x-ndjson", "application/ndjson": return .ndjson
        case "application/x-protobuf", "application/protobuf": return .protobuf
        default: return nil
        }
    }
}

private func trimmed(_ text: Substring) -> String {
    let start = text.drop { $0 == " " || $0 == "\t" }
    guard let last = start.lastIndex(where: { $0 != " " && $0 != "\t" }) else { return "" }
    return String(start[...last])
}
