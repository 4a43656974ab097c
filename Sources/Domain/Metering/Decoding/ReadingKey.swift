/// The keys a JSON reading may use: the plain form and the canonical form of DOMAIN.md §5.1. Others are skipped.
enum ReadingKey: Int, CaseIterable {
    case meterID, facilityID, ts, kw, kwh, voltage, quality
    case channel, start, duration, instant, value, unit, kind, flow, source, seq, messageID, receivedAt

    var text: StaticString {
        switch self {
        case .meterID: "meter_id"
        case .facilityID: "facility_id"
        case .ts: "ts"
        case .kw: "kw"
        case .kwh: "kwh"
        case .voltage: "voltage"
        case .quality: "quality"
        case .channel: "channel"
        case .start: "start"
        case .duration: "duration_s"
        case .instant: "instant"
        case .value: "value"
        case .unit: "unit"
        case .kind: "kind"
        case .flow: "flow"
        case .source: "source"
        case .seq: "seq"
        case .messageID: "message_id"
        case .receivedAt: "received_at"
        }
    }

    /// The key spelt by these bytes; nil for one that is not ours. The length decides among at most four.
    init?(_ bytes: UnsafeRawBufferPointer) {
        switch bytes.count {
        case 2: self.init(bytes, among: .ts, .kw)
        case 3: self.init(bytes, among: .kwh, .seq)
        case 4: self.init(bytes, among: .unit, .kind, .flow)
        case 5: self.init(bytes, among: .start, .value)
        case 6: self.init(bytes, among: .source)
        case 7: self.init(bytes, among: .voltage, .quality, .channel, .instant)
        case 8: self.init(bytes, among: .meterID)
        case 10: self.init(bytes, among: .duration, .messageID)
        case 11: self.init(bytes, among: .facilityID, .receivedAt)
        default: return nil
        }
    }

    @inline(__always)
    private init?(
        _ bytes: UnsafeRawBufferPointer, among first: Self, _ second: Self? = nil, _ third: Self? = nil, _ fourth: Self? = nil
    ) {
        if bytes.spells(first.text) {
            self = first
        } else if let second, bytes.spells(second.text) {
            self = second
        } else if let third, bytes.spells(third.text) {
            self = third
        } else if let fourth, bytes.spells(fourth.text) {
            self = fourth
        } else {
            return nil
        }
    }
}

extension UnsafeRawBufferPointer {
    /// True when the bytes are those of `word`.
    @inline(__always)
    func spells(_ word: StaticString) -> Bool {
        guard count == word.utf8CodeUnitCount else { return false }
        let other = word.utf8Start
        for index in 0..<count where self[index] != other[index] { return false }
        return true
    }

    func equals(_ other: UnsafeRawBufferPointer) -> Bool {
        guard count == other.count else { return false }
        for index in 0..<count where self[index] != other[index] { return false }
        return true
    }
}
