import EnergyModel
import Foundation
import Ports

/// One value as a difference from the value before it, which both ends have.
struct FieldCodec<Value: Sendable>: Sendable {
    /// What came before where there was nothing.
    let blank: Value
    let differs: @Sendable (_ new: Value, _ old: Value) -> Bool
    let write: @Sendable (_ new: Value, _ old: Value, inout WireWriter) throws -> Void
    let read: @Sendable (_ old: Value, inout WireReader) throws -> Value

    /// Nil, or the value as a difference from the one before it.
    var optional: FieldCodec<Value?> {
        FieldCodec<Value?>(
            blank: nil,
            differs: { new, old in
                guard let new, let old else { return (new == nil) != (old == nil) }
                return self.differs(new, old)
            },
            write: { new, old, writer in
                writer.count(new == nil ? 0 : 1)
                if let new { try self.write(new, old ?? self.blank, &writer) }
            },
            read: { old, reader in
                try reader.count(upTo: 1) == 0 ? nil : try self.read(old ?? self.blank, &reader)
            })
    }

    /// The same on the wire for another type that holds nothing else.
    func mapped<Outer: Sendable>(
        _ outer: @escaping @Sendable (Value) throws -> Outer, _ inner: @escaping @Sendable (Outer) -> Value,
        blank: Outer
    ) -> FieldCodec<Outer> {
        FieldCodec<Outer>(
            blank: blank, differs: { self.differs(inner($0), inner($1)) },
            write: { try self.write(inner($0), inner($1), &$2) },
            read: { try outer(try self.read(inner($0), &$1)) })
    }
}

extension FieldCodec where Value: FixedWidthInteger {
    static var integer: Self {
        Self(
            blank: 0, differs: { $0 != $1 },
            write: { new, old, writer in
                writer.signed(Int64(truncatingIfNeeded: new) &- Int64(truncatingIfNeeded: old))
            },
            read: { old, reader in
                Value(truncatingIfNeeded: Int64(truncatingIfNeeded: old) &+ (try reader.signed()))
            })
    }
}

extension FieldCodec where Value == Double {
    static let double = Self(
        blank: 0, differs: { $0.bitPattern != $1.bitPattern },
        write: { $2.bits($0.bitPattern ^ $1.bitPattern) },
        read: { Double(bitPattern: $0.bitPattern ^ (try $1.bits(UInt64.self))) })
}

extension FieldCodec where Value == Bool {
    static let flag = Self(
        blank: false, differs: { $0 != $1 }, write: { $2.count($0 ? 1 : 0) },
        read: { try $1.count(upTo: 1) == 1 })
}

extension FieldCodec where Value == String {
    static let text = Self(
        blank: "", differs: { $0 != $1 }, write: { $2.block(Array($0.utf8)) },
        read: { _, reader in
            guard let text = String(validating: try reader.block(), as: UTF8.self) else {
                throw WireFault("a frame holds text that is not UTF-8")
            }
            return text
        })
}

extension FieldCodec where Value: RawRepresentable<String> {
    /// A word of a closed set.
    static func word(_ blank: Value) -> Self {
        FieldCodec<String>.text.mapped(
            { text in
                guard let value = Value(rawValue: text) else {
                    throw WireFault("\(text.debugDescription) is a word this version does not know")
                }
                return value
            }, { $0.rawValue }, blank: blank)
    }
}

extension FieldCodec where Value == UTCInstant {
    static let instant = FieldCodec<Int64>.integer.mapped(
        { UTCInstant(milliseconds: $0) }, \.milliseconds, blank: UTCInstant(milliseconds: 0))
}

extension FieldCodec where Value == Power {
    static let power = FieldCodec<Double>.double.mapped({ Power(kilowatts: $0) }, \.kilowatts, blank: .zero)
}

extension FieldCodec where Value == TimeRange {
    static let range = Self(
        blank: TimeRange(start: .distantPast, end: .distantPast), differs: { $0 != $1 },
        write: { new, old, writer in
            try FieldCodec<UTCInstant>.instant.write(new.start, old.start, &writer)
            try FieldCodec<UTCInstant>.instant.write(new.end, old.end, &writer)
        },
        read: { old, reader in
            let start = try FieldCodec<UTCInstant>.instant.read(old.start, &reader)
            return TimeRange(start: start, end: try FieldCodec<UTCInstant>.instant.read(old.end, &reader))
        })
}

extension FieldCodec where Value: Codable & Equatable {
    /// Whole, as JSON: for what changes seldom.
    static func json(_ blank: Value) -> Self {
        Self(
            blank: blank, differs: { $0 != $1 }, write: { new, _, writer in writer.block(try LinkJSON.encode(new)) },
            read: { _, reader in try LinkJSON.decode(Value.self, from: Array(try reader.block())) })
    }
}
