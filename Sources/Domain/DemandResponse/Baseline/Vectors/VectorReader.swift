import EnergyModel

/// Takes typed values out of a tree and says where one is missing or of the wrong kind.
struct VectorReader {
    let node: VectorNode
    let place: [String]

    init(_ node: VectorNode, _ place: [String] = []) {
        self.node = node
        self.place = place
    }

    func failure(_ sentence: String) -> BaselineVectorsError {
        BaselineVectorsError(line: node.line, place: place, sentence: sentence)
    }

    func has(_ key: String) -> Bool { node[key] != nil }

    func member(_ key: String) -> VectorReader? { node[key].map { VectorReader($0, place + [key]) } }

    func needed(_ key: String, _ meaning: String) throws(BaselineVectorsError) -> VectorReader {
        guard let member = member(key) else { throw failure("`\(key)` is missing (\(meaning))") }
        return member
    }

    func members() throws(BaselineVectorsError) -> [(key: String, value: VectorReader)] {
        guard let members = node.members else { throw failure("must be an object, not \(node.kind)") }
        return members.map { ($0.key, VectorReader($0.value, place + [$0.key])) }
    }

    func elements() throws(BaselineVectorsError) -> [VectorReader] {
        guard case .array(let elements) = node.value else { throw failure("must be a list, not \(node.kind)") }
        return elements.map { VectorReader($0, place) }
    }

    func number() throws(BaselineVectorsError) -> Double {
        guard case .number(let number) = node.value else { throw failure("must be a number, not \(node.kind)") }
        return number
    }

    func numbers() throws(BaselineVectorsError) -> [Double] {
        var numbers: [Double] = []
        for element in try elements() { numbers.append(try element.number()) }
        return numbers
    }

    func text() throws(BaselineVectorsError) -> String {
        guard case .string(let text) = node.value else { throw failure("must be a text, not \(node.kind)") }
        return text
    }

    func hour() throws(BaselineVectorsError) -> Int {
        let number = try number()
        guard let hour = Int(exactly: number), (0..<24).contains(hour) else {
            throw failure("\(number) is no hour; write 0...23")
        }
        return hour
    }

    func hours() throws(BaselineVectorsError) -> [Int] {
        var hours: [Int] = []
        for element in try elements() { hours.append(try element.hour()) }
        return hours
    }

    func date() throws(BaselineVectorsError) -> CivilDate {
        let text = try text()
        guard let date = CivilDate(text) else {
            throw failure("\(text.debugDescription) is no date; write it like 2026-08-20")
        }
        return date
    }

    func dates() throws(BaselineVectorsError) -> [CivilDate] {
        var dates: [CivilDate] = []
        for element in try elements() { dates.append(try element.date()) }
        return dates
    }

    func instant() throws(BaselineVectorsError) -> UTCInstant {
        let text = try text()
        guard let instant = UTCInstant(iso8601: text) else {
            throw failure("\(text.debugDescription) is no moment; write it like 2026-03-08T08:00:00Z")
        }
        return instant
    }

    /// Figures by hour of the day, as `{"14": 454.5}`, in order.
    func byHour() throws(BaselineVectorsError) -> [(hour: Int, figure: VectorReader)] {
        var figures: [(hour: Int, figure: VectorReader)] = []
        for (key, value) in try members() {
            guard let hour = Int(key), (0..<24).contains(hour) else {
                throw value.failure("\(key.debugDescription) is no hour; write \"0\"...\"23\"")
            }
            figures.append((hour, value))
        }
        return figures.sorted { $0.hour < $1.hour }
    }
}
