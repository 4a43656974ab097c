import EnergyModel

/// A load profile as an operator types it.
///
///     1250                 every hour the same
///     600 600 … 1,400      24 numbers, one for each local hour from 0 to 23; parted by spaces, semicolons or commas
///     x 0.9                the present forecast times 0.9
enum ProfileText {
    enum Reading: Equatable {
        case kilowatts([Double])
        /// A sentence that says what would do.
        case wrong(String)
    }

    static let factors = 0.05...5.0

    /// `forecast`: its means by local hour, nil where it says nothing; all nil without one.
    static func read(_ text: String, forecast: [Double?]) -> Reading {
        let words = words(text)
        guard let first = words.first else {
            return .wrong("One number, 24 by local hour, or x 0.9 of the forecast")
        }
        if first.hasPrefix("x") || first.hasPrefix("×") { return scaled(words, forecast) }
        var values: [Double] = []
        for (index, word) in words.enumerated() {
            guard let value = number(word) else {
                let place = words.count == 1 ? "" : " (number \(index + 1))"
                return .wrong("\(word.prefix(12)) is no load\(place): write kW like 1250 or 12.5")
            }
            guard value >= 0, value < 10_000_000 else {
                return .wrong("\(word.prefix(12)): a mean load in kW lies between 0 and 10,000,000")
            }
            values.append(value)
        }
        if values.count == 1 { return .kilowatts(Array(repeating: values[0], count: LoadProfile.hours)) }
        guard values.count == LoadProfile.hours else {
            let missing = LoadProfile.hours - values.count
            let what = missing > 0 ? "\(missing) are missing" : "\(-missing) are too many"
            return .wrong("24 numbers, one for each local hour from 0 to 23: here are \(values.count), \(what)")
        }
        return .kilowatts(values)
    }

    private static func scaled(_ words: [String], _ forecast: [Double?]) -> Reading {
        let text = words.joined().dropFirst()
        guard let factor = Double(text), factors.contains(factor) else {
            return .wrong("Write x and a factor from 0.05 to 5, as x 0.9")
        }
        let known = forecast.compactMap { $0 }
        guard !known.isEmpty, forecast.count == LoadProfile.hours else {
            return .wrong("There is no forecast to scale: write the loads as numbers")
        }
        return .kilowatts(filled(forecast).map { ($0 * factor * 10).rounded() / 10 })
    }

    /// An hour the forecast leaves out (in spring the clock does) is as the one before it.
    private static func filled(_ hours: [Double?]) -> [Double] {
        let known = hours.compactMap { $0 }
        var last = hours.last.flatMap { $0 } ?? known.first ?? 0
        return hours.map { hour in
            last = hour ?? last
            return last
        }
    }

    /// Commas part numbers only where nothing else does, or at a number's end: elsewhere they part thousands.
    private static func words(_ text: String) -> [String] {
        let words = text.lowercased().split { $0 == " " || $0 == ";" }.map(String.init)
        if words.count == 1, words[0].count(where: { $0 == "," }) == LoadProfile.hours - 1 {
            return words[0].split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        }
        return words.map { $0.hasSuffix(",") ? String($0.dropLast()) : $0 }.filter { !$0.isEmpty }
    }

    /// `1250`, `12.5`, `1,250`; nil for anything else, a comma as decimal point among it.
    private static func number(_ word: String) -> Double? {
        guard word.allSatisfy({ $0.isASCII && ($0.isNumber || $0 == "." || $0 == "," || $0 == "-") }) else {
            return nil
        }
        guard word.contains(",") else { return Double(word).flatMap { $0.isFinite ? $0 : nil } }
        let whole = word.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        let groups = (whole.first ?? "").split(separator: ",", omittingEmptySubsequences: false)
        guard let first = groups.first, (1...3).contains(first.count), groups.dropFirst().allSatisfy({ $0.count == 3 })
        else { return nil }
        return Double(word.filter { $0 != "," })
    }
}
