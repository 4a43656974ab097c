import Foundation
import Ports

/// Values that are stored as JSON: keys sorted, so that equal values are equal texts. The stored forms are frozen by
/// goldens in ResponseGoldenTests: a change to the types must still read them.
enum RecordJSON {
    /// Throws `.invalid` for what JSON has no form for, such as a number that is not finite.
    static func text(_ value: some Encodable, of what: String) throws(PortError) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            return String(decoding: try encoder.encode(value), as: UTF8.self)
        } catch {
            throw PortError(.invalid, "\(what) cannot be stored: make every number in it finite", cause: error)
        }
    }

    static func value<Value: Decodable>(
        _ type: Value.Type, from text: String, in table: String
    ) throws(PortError) -> Value {
        do {
            return try JSONDecoder().decode(type, from: Data(text.utf8))
        } catch {
            throw PortError(
                .corrupt, "records.sqlite holds a row of \(table) that cannot be read: run doctor, restore a backup",
                cause: error)
        }
    }
}
