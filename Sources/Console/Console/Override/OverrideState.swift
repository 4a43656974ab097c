import EnergyModel
import Ports
import Screen

struct OverrideState: Sendable {
    /// As the building was last read.
    var building = Fetch<BuildingView>()
    var list = ListCursor<PointID>()
    var slots = ListCursor<Int>()
    var filter = RowFilter.everything
    private(set) var shown: FacilityID?

    /// What belongs to another building is forgotten.
    mutating func come(to facility: FacilityID?) {
        guard shown != facility else { return }
        building.forget()
        list = ListCursor()
        slots = ListCursor()
        shown = facility
    }
}

/// What `/` sees of a point.
struct FilterablePoint: Filterable {
    let view: PointView

    func text(of field: String) -> String {
        switch field {
        case "point": view.point.id.text
        case "zone": view.point.zone
        case "kind": view.point.kind.word
        case "holder": view.hold.words
        default: number(of: field).map { Numbers.kilowatts($0) } ?? Numbers.unknown
        }
    }

    func number(of field: String) -> Double? {
        switch field {
        case "value": view.reading?.value
        case "normal": view.point.normal
        default: nil
        }
    }
}

/// Who rules a point: the lowest slot of its priority array that holds a value.
struct PointHold: Sendable, Equatable {
    enum Ruler: Sendable, Equatable {
        /// The building did not say, and nobody of us holds it.
        case unknown
        /// No slot holds anything: the building's own default rules.
        case nobody
        case ours(PointView.Holder)
        /// Somebody at the building, or another system.
        case other(slot: Int)
    }

    var ruler: Ruler
    /// A demand-response value that stands, or is about to stand, below the ruling slot.
    var waiting: PrioritySlot?

    /// `operator ana @8, DR waiting`.
    var words: String { rulerWords + (waiting == nil ? "" : ", DR waiting") }

    private var rulerWords: String {
        switch ruler {
        case .unknown: Numbers.unknown
        case .nobody: "nobody"
        case .ours(let holder):
            holder.slot == .operatorOverride
                ? "\(holder.author.replacing(":", with: " ")) @8" : "DR \(holder.event) \(holder.slot)"
        case .other(let slot): "@\(slot) \(PrioritySlot.meaning(of: slot))"
        }
    }

    var role: Role {
        if waiting != nil { return .stateStale }
        switch ruler {
        case .unknown, .nobody: return .textDim
        case .ours(let holder): return holder.slot == .operatorOverride ? .stateEstimated : .stateActive
        case .other: return .text
        }
    }

    var mark: String {
        if waiting != nil { return "!" }
        switch ruler {
        case .unknown, .nobody: return " "
        case .ours(let holder): return holder.slot == .operatorOverride ? "▲" : "▼"
        case .other: return "·"
        }
    }
}

extension PointView {
    /// A holder that gave its slot back, or never got it, holds nothing.
    private static func holds(_ holder: Holder) -> Bool { holder.state != .released && holder.state != .failed }

    var hold: PointHold {
        let held = holders.filter(Self.holds).sorted { $0.slot < $1.slot }
        let slots = reading?.slots.keys.sorted() ?? []
        let ruler: PointHold.Ruler
        let ruling: Int?
        if let lowest = slots.first {
            ruler = held.first { $0.slot.rawValue == lowest }.map { .ours($0) } ?? .other(slot: lowest)
            ruling = lowest
        } else if let first = held.first {
            ruler = .ours(first)
            ruling = first.slot.rawValue
        } else {
            ruler = reading == nil ? .unknown : .nobody
            ruling = nil
        }
        let response = (held.map(\.slot) + slots.compactMap { PrioritySlot(rawValue: $0) }).filter {
            $0.isForDemandResponse
        }
        let below = ruling.flatMap { ruling in response.filter { $0.rawValue > ruling && ruling < 9 }.min() }
        return PointHold(ruler: ruler, waiting: below)
    }

    /// Ours at slot 8: what can be extended and released here.
    var ourOverride: Holder? {
        holders.first { $0.slot == .operatorOverride && Self.holds($0) }
    }

    /// `Held by operator ana @8 since 20:41:07, DR value 26.0 °C @10 waiting, until 22:00:00 UTC`.
    func sentence(_ clock: ZoneClock, now: UTCInstant) -> String {
        let hold = hold
        let response: String =
            switch hold.waiting {
            case nil: ""
            case let slot?:
                ", DR value\(reading?.slots[slot.rawValue].map { " " + point.kind.shown($0) } ?? "") \(slot) waiting"
            }
        switch hold.ruler {
        case .unknown: return "Who holds it is not known: the building was not read"
        case .nobody: return "Nobody holds it: the building's own default rules"
        case .other(let slot):
            return "Held @\(slot) (\(PrioritySlot.meaning(of: slot))), not through this engine" + response
        case .ours(let holder):
            let who =
                holder.slot == .operatorOverride
                ? holder.author.replacing(":", with: " ") : "event \(holder.event) for demand response"
            let since = clock.near(holder.since, now: now)
            let until = "until \(clock.near(holder.until, now: now)) \(clock.label(at: holder.until))"
            let state = holder.state == .confirmed ? "" : ", \(holder.state.rawValue)"
            return "Held by \(who) \(holder.slot) since \(since)\(response)\(state), \(until)"
        }
    }
}

extension PrioritySlot {
    /// What a slot is for (DOMAIN §3.2).
    static func meaning(of slot: Int) -> String {
        switch slot {
        case 1: "manual life safety"
        case 2: "automatic life safety"
        case 5: "critical equipment"
        case 6: "minimum on/off"
        case 8: "manual operator"
        case 10: "demand response"
        case 16: "default"
        default: "available"
        }
    }
}
