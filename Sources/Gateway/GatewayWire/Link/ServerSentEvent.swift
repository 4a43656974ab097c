import EnergyModel

/// One event of a `text/event-stream` (HTML standard §9.2).
package struct ServerSentEvent: Hashable, Sendable {
    package static let mediaType = "text/event-stream"

    package var id: String?
    /// `message` when none is given.
    package var name: String
    package var data: String

    package init(id: String? = nil, name: String = "message", data: String) {
        self.id = id
        self.name = name
        self.data = data
    }

    /// Neither id nor name may hold a line break; each line of the data becomes one of its own.
    package var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(data.utf8.count + 64)
        if let id { bytes += "id: \(id)\n".utf8 }
        if name != "message" { bytes += "event: \(name)\n".utf8 }
        for line in data.split(separator: "\n", omittingEmptySubsequences: false) {
            bytes += "data: ".utf8
            bytes += line.utf8
            bytes.append(UInt8(ascii: "\n"))
        }
        bytes.append(UInt8(ascii: "\n"))
        return bytes
    }

    /// Says nothing, so that a reader knows the stream is alive.
    package static let heartbeat = Array(":\n\n".utf8)

    /// How long a reader waits before it comes back.
    package static func retry(_ span: Duration) -> [UInt8] { Array("retry: \(span.milliseconds)\n\n".utf8) }
}

/// Reads events from chunks that are cut anywhere. An event without data is none; comments are passed over.
package struct ServerSentEventParser: Sendable {
    /// The longest event, in bytes: more is not kept.
    private let limit: Int
    private var line: [UInt8] = []
    private var lastWasReturn = false
    private var (id, name, data): (String?, String, [UInt8]) = (nil, "message", [])
    private var hasData = false

    package init(limit: Int = 16 << 20) { self.limit = limit }

    package mutating func take(_ bytes: [UInt8]) throws(WireFault) -> [ServerSentEvent] {
        var events: [ServerSentEvent] = []
        var start = bytes.startIndex
        while let end = bytes[start...].firstIndex(where: { $0 == 0x0A || $0 == 0x0D }) {
            let isSecondHalf = bytes[end] == 0x0A && end == start && line.isEmpty && lastWasReturn
            lastWasReturn = bytes[end] == 0x0D
            line += bytes[start..<end]
            start = end + 1
            // CR LF is one line's end.
            if isSecondHalf { continue }
            if let event = endLine() { events.append(event) }
            guard data.count <= limit else { throw WireFault("an event of the stream is longer than \(limit) bytes") }
        }
        line += bytes[start...]
        if start < bytes.endIndex { lastWasReturn = false }
        guard line.count <= limit else { throw WireFault("a line of the stream is longer than \(limit) bytes") }
        return events
    }

    private mutating func endLine() -> ServerSentEvent? {
        defer { line.removeAll(keepingCapacity: true) }
        guard !line.isEmpty else { return endEvent() }
        let colon = line.firstIndex(of: UInt8(ascii: ":")) ?? line.endIndex
        var value = line[min(colon + 1, line.endIndex)...]
        if value.first == UInt8(ascii: " ") { value = value.dropFirst() }
        switch String(decoding: line[..<colon], as: UTF8.self) {
        case "id": id = String(decoding: value, as: UTF8.self)
        case "event": name = String(decoding: value, as: UTF8.self)
        case "data":
            if hasData { data.append(UInt8(ascii: "\n")) }
            data += value
            hasData = true
        default: break
        }
        return nil
    }

    private mutating func endEvent() -> ServerSentEvent? {
        defer { (id, name, data, hasData) = (nil, "message", [], false) }
        guard hasData else { return nil }
        return ServerSentEvent(id: id, name: name, data: String(decoding: data, as: UTF8.self))
    }
}
