import EnergyModel
import Ports

/// A place in the console as text, to be pasted into the palette, a ticket or a chat:
/// `switchyard://facility/F-007?at=2026-11-21T21:04:15Z`. Without `at` it means now.
package struct Locator: Sendable, Hashable, CustomStringConvertible {
    package static let scheme = "switchyard://"

    package var route: Route
    package var moment: UTCInstant?

    package init(route: Route, moment: UTCInstant? = nil) {
        self.route = route
        self.moment = moment
    }

    package var description: String {
        let query = moment.map { "?at=\($0.iso8601)" } ?? ""
        return Self.scheme + path + query
    }

    private var path: String {
        switch route {
        case .overview: "overview"
        case .facility(let id): id.map { "facility/\($0)" } ?? "facility"
        case .meter(let facility, let meter): "facility/\(facility)/meter/\(meter)"
        case .events: "events"
        case .event(let id): "event/\(id)"
        case .eventLeg(let id, let facility): "event/\(id)/facility/\(facility)"
        case .override(let id): id.map { "override/\($0)" } ?? "override"
        case .point(let facility, let point): "override/\(facility)/point/\(Self.encoded(point.text))"
        case .deadLetters: "dead-letters"
        case .deadLetter(let number): "dead-letters/\(number)"
        case .dryRun: "dead-letters/dry-run"
        case .redrives: "dead-letters/redrives"
        case .health: "health"
        case .journal: "journal"
        case .journalEntry(let number): "journal/\(number)"
        case .trace(let id): "journal/trace/\(id)"
        }
    }

    package init(parsing text: String) throws(LocatorError) {
        guard text.hasPrefix(Self.scheme) else { throw .notALocator(text) }
        let rest = text.dropFirst(Self.scheme.count).split(
            separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let parts = (rest.first ?? "").split(separator: "/").map(String.init)
        guard let route = Self.route(parts) else { throw .unknownPlace(text) }
        self.init(route: route, moment: try rest.count > 1 ? Self.moment(rest[1]) : nil)
    }

    private static func route(_ parts: [String]) -> Route? {
        switch (parts.first, parts.count) {
        case ("overview", 1): .overview
        case ("facility", 1): .facility(nil)
        case ("facility", 2): FacilityID(parts[1]).map { .facility($0) }
        case ("facility", 4) where parts[2] == "meter":
            if let facility = FacilityID(parts[1]), let meter = MeterID(parts[3]) {
                .meter(facility, meter)
            } else {
                nil
            }
        case ("events", 1): .events
        case ("event", 2): DREventID(parts[1]).map { .event($0) }
        case ("event", 4) where parts[2] == "facility":
            if let event = DREventID(parts[1]), let facility = FacilityID(parts[3]) {
                .eventLeg(event, facility)
            } else {
                nil
            }
        case ("override", 1): .override(nil)
        case ("override", 2): FacilityID(parts[1]).map { .override($0) }
        case ("override", 4) where parts[2] == "point":
            if let facility = FacilityID(parts[1]), let point = decoded(parts[3]).flatMap({ PointID($0) }) {
                .point(facility, point)
            } else {
                nil
            }
        case ("dead-letters", 1): .deadLetters
        case ("dead-letters", 2) where parts[1] == "dry-run": .dryRun
        case ("dead-letters", 2) where parts[1] == "redrives": .redrives
        case ("dead-letters", 2): Int64(parts[1]).map { .deadLetter($0) }
        case ("health", 1): .health
        case ("journal", 1): .journal
        case ("journal", 2): Int64(parts[1]).map { .journalEntry($0) }
        case ("journal", 3) where parts[1] == "trace": TraceID(parts[2]).map { .trace($0) }
        default: nil
        }
    }

    /// A building's name for a point may hold any printable ASCII; `/`, `?`, `%` and spaces go as `%2F`.
    private static func encoded(_ text: String) -> String {
        text.utf8.reduce(into: "") { result, byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x3A:
                result.unicodeScalars.append(Unicode.Scalar(byte))
            default: result += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }
    }

    private static func decoded(_ text: String) -> String? {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == 0x25 else {
                bytes.append(byte)
                continue
            }
            guard rest.count >= 2, let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) else {
                return nil
            }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func moment(_ query: Substring) throws(LocatorError) -> UTCInstant {
        guard query.hasPrefix("at="), let moment = UTCInstant(iso8601: query.dropFirst(3)) else {
            throw .badMoment(String(query))
        }
        return moment
    }
}

package enum LocatorError: Error, Equatable, CustomStringConvertible {
    case notALocator(String)
    case unknownPlace(String)
    case badMoment(String)

    package var description: String {
        switch self {
        case .notALocator: "not a locator: it begins with \(Locator.scheme)"
        case .unknownPlace(let text): "\(text) names no place: try \(Locator.scheme)facility/F-007"
        case .badMoment(let query): "?\(query) is no moment: write ?at=2026-11-21T21:04:15Z"
        }
    }
}
