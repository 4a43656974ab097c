/// One sender's way to lay out reading objects: which members, in which order, with how much space between them.
struct ObjectLayout {
    private let members: [String]
    private let afterKey: String
    private let betweenMembers: String
    private let atEnd: String

    init(_ random: inout Seeded) {
        var members = ["meter_id", "facility_id", "ts", "kw", "kwh", "voltage", "quality"]
        if random.chance(0.4) { members.shuffle(using: &random) }
        if random.chance(0.3) { members.remove(at: .random(in: 0..<7, using: &random)) }
        if random.chance(0.03) { members.append("kw") }
        self.members = members
        afterKey = [":", ":", ": ", " : "].randomElement(using: &random) ?? ":"
        betweenMembers = [",", ",", ", ", " ,     "].randomElement(using: &random) ?? ","
        atEnd = random.chance(0.2) ? " " : ""
    }

    /// Its values depend on `round` and the generator; some are no reading's.
    func object(_ round: Int, _ random: inout Seeded) -> [UInt8] {
        let texts = members.map { "\"\($0)\"\(afterKey)\(value(of: $0, round, &random))" }
        return Array("{\(texts.joined(separator: betweenMembers))\(atEnd)}".utf8)
    }

    private func value(of member: String, _ round: Int, _ random: inout Seeded) -> String {
        switch member {
        case "meter_id": return "\"M-\(round % 5 / 3)\""
        case "facility_id": return "\"F-0\""
        case "ts":
            let seconds = ["05", "59", "60", "5", "00.5", "45", "45", "45"].randomElement(using: &random) ?? ""
            return "\"2026-11-\(round % 2 + 20)T11:5\(random.chance(0.5) ? 1 : round % 10):\(seconds)Z\""
        case "kwh": return random.chance(0.1) ? "1e3" : "\(round)"
        case "voltage": return "230.\(round)"
        case "quality": return random.chance(0.1) ? "\"edited\"" : "\"raw\""
        default: return random.chance(0.1) ? "12345678.123456789" : "\(Double.random(in: -2e6...2e6, using: &random))"
        }
    }
}
