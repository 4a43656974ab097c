/// Fields of a JSON object, of which every one must be known: a mistyped fault must not pass for none.
struct StrictFields<Key: CodingKey & CaseIterable & RawRepresentable> where Key.RawValue == String {
    private struct AnyKey: CodingKey {
        let stringValue: String
        let intValue: Int? = nil
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    private let container: KeyedDecodingContainer<Key>
    private let path: [any CodingKey]

    init(_ decoder: any Decoder) throws {
        path = decoder.codingPath
        let known = Key.allCases.map(\.rawValue)
        for key in try decoder.container(keyedBy: AnyKey.self).allKeys where !known.contains(key.stringValue) {
            throw DecodingError.dataCorrupted(
                .init(
                    codingPath: path + [key],
                    debugDescription: "is not known; known are \(known.joined(separator: ", "))"))
        }
        container = try decoder.container(keyedBy: Key.self)
    }

    func value<Value: Decodable>(_ type: Value.Type, _ key: Key) throws -> Value? {
        try container.decodeIfPresent(type, forKey: key)
    }

    func number(_ key: Key, _ range: ClosedRange<Double>) throws -> Double? {
        guard let number = try value(Double.self, key) else { return nil }
        guard range.contains(number) else {
            throw wrong(key, "must be \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    func seconds(_ key: Key, _ range: ClosedRange<Double>) throws -> Duration? {
        try number(key, range).map { .milliseconds(Int64($0 * 1000)) }
    }

    func wrong(_ key: Key, _ sentence: String) -> DecodingError {
        .dataCorrupted(.init(codingPath: path + [key], debugDescription: sentence))
    }
}

/// `rules.0.share must be 0.0 to 1.0`.
func strictSentence(_ error: DecodingError) -> String {
    switch error {
    case .dataCorrupted(let context), .keyNotFound(_, let context), .typeMismatch(_, let context),
        .valueNotFound(_, let context):
        let path = context.codingPath.map { $0.intValue.map(String.init) ?? $0.stringValue }.joined(separator: ".")
        return path.isEmpty ? context.debugDescription : "\(path) \(context.debugDescription)"
    @unknown default: return "the body cannot be read: \(error)"
    }
}
