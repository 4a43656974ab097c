/// One field of a record: a number that stays its own for ever, and how its value is written. A reader passes over numbers that
/// it does not know, and keeps what it has for those that do not come.
struct Column<Row: Sendable>: Sendable {
    let number: Int
    let differs: @Sendable (_ new: Row, _ old: Row) -> Bool
    let write: @Sendable (_ new: Row, _ old: Row, inout WireWriter) throws -> Void
    /// In place of the value before.
    let read: @Sendable (inout Row, inout WireReader) throws -> Void

    init<Value: Sendable>(
        _ number: Int, _ field: any WritableKeyPath<Row, Value> & Sendable, _ codec: FieldCodec<Value>
    ) {
        self.number = number
        differs = { codec.differs($0[keyPath: field], $1[keyPath: field]) }
        write = { try codec.write($0[keyPath: field], $1[keyPath: field], &$2) }
        read = { $0[keyPath: field] = try codec.read($0[keyPath: field], &$1) }
    }
}

/// Many rows of one kind, written column by column: of each column only the rows where it changed.
struct RecordCodec<Row: Sendable & Equatable>: Sendable {
    /// What a row is before anything is known of it.
    let blank: Row
    let columns: [Column<Row>]
    private let byNumber: [Int: Column<Row>]

    private static var rowLimit: Int { 200_000 }

    init(blank: Row, _ columns: [Column<Row>]) {
        self.blank = blank
        self.columns = columns
        byNumber = Dictionary(uniqueKeysWithValues: columns.map { ($0.number, $0) })
    }

    var rows: FieldCodec<[Row]> {
        FieldCodec<[Row]>(
            blank: [], differs: { $0 != $1 }, write: { try write($0, over: $1, &$2) },
            read: { try read(over: $0, &$1) })
    }

    /// A single one.
    var record: FieldCodec<Row> {
        FieldCodec<Row>(
            blank: blank, differs: { $0 != $1 }, write: { try write([$0], over: [$1], &$2) },
            read: { old, reader in
                guard let row = try read(over: [old], &reader).first else { throw WireFault("a frame lacks a record") }
                return row
            })
    }

    private func write(_ new: [Row], over old: [Row], _ writer: inout WireWriter) throws {
        func before(_ index: Int) -> Row { index < old.count ? old[index] : blank }
        writer.count(new.count)
        let changed = new.indices.filter { $0 >= old.count || new[$0] != old[$0] }
        for column in columns {
            let entries = changed.filter { column.differs(new[$0], before($0)) }
            guard !entries.isEmpty else { continue }
            var values = WireWriter()
            values.count(entries.count)
            var next = 0
            for index in entries {
                values.count(index - next)
                next = index + 1
                try column.write(new[index], before(index), &values)
            }
            writer.count(column.number)
            writer.block(values.bytes)
        }
        writer.count(0)
    }

    private func read(over old: [Row], _ reader: inout WireReader) throws -> [Row] {
        let count = try reader.count(upTo: Self.rowLimit)
        var rows = Array(old.prefix(count))
        rows += Array(repeating: blank, count: count - rows.count)
        while case let number = try reader.count(upTo: 1 << 20), number != 0 {
            var values = WireReader(try reader.block())
            guard let column = byNumber[number] else { continue }
            var next = 0
            for _ in 0..<(try values.count(upTo: count)) {
                let index = next + (try values.count(upTo: count))
                guard index < count else { throw WireFault("a frame changes a row beyond the last") }
                try column.read(&rows[index], &values)
                next = index + 1
            }
        }
        return rows
    }
}
