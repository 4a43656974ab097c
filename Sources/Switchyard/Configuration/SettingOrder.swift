/// A rule between two settings: the lower must stay below the upper one, or at most reach it.
struct SettingOrder {
    let lower: String
    let upper: String
    let mayBeEqual: Bool

    init(_ lower: String, below upper: String) { (self.lower, self.upper, mayBeEqual) = (lower, upper, false) }
    init(_ lower: String, atMost upper: String) { (self.lower, self.upper, mayBeEqual) = (lower, upper, true) }

    /// What is wrong, naming both values and where they came from; nil when the rule holds.
    func complaint(about settings: Settings) -> String? {
        guard let low = SettingTable.byKey[lower], let high = SettingTable.byKey[upper] else { return nil }
        let (below, above) = (settings.value(low), settings.value(high))
        guard let left = low.kind.magnitude(below.text), let right = high.kind.magnitude(above.text),
            mayBeEqual ? left > right : left >= right
        else { return nil }
        let rule = mayBeEqual ? "must not be above" : "must be below"
        return "\(below.source): \(lower) is \(below.text), which \(rule) \(upper), \(above.text) (\(above.source))"
    }
}
