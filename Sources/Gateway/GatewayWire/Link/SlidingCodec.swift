/// Values of the last minutes or seconds, which move up by a place when a new one comes: only what is new is sent.
extension FieldCodec where Value == [Float?] {
    static let sliding = Self(
        blank: [], differs: { $0 != $1 },
        write: { new, old, writer in Slide(from: old, to: new).write(&writer) },
        read: { try Slide.read(onto: $0, &$1) })
}

extension FieldCodec where Value == [Float] {
    static let slidingWhole: Self = FieldCodec<[Float?]>.sliding.mapped(
        { values in
            try values.map { value throws(WireFault) in
                guard let value else { throw WireFault("a frame lacks a value of a series without gaps") }
                return value
            }
        }, { $0.map { $0 } }, blank: [])
}

/// By how many places the values moved, and which are then still different.
private struct Slide {
    private let new: [Float?]
    private let shift: Int
    private let changed: [Int]

    private static let farthest = 4
    private static let longest = 10_000

    init(from old: [Float?], to new: [Float?]) {
        self.new = new
        let tried = (0...Slide.farthest).map { shift in
            (shift, new.indices.filter { new[$0] != Slide.value(old, $0, shift, new.count) })
        }
        (shift, changed) = tried.min { $0.1.count < $1.1.count } ?? (0, Array(new.indices))
    }

    /// What the reader has at a place once its values moved; nil where it has none.
    private static func value(_ old: [Float?], _ index: Int, _ shift: Int, _ count: Int) -> Float? {
        old.count == count && index + shift < count ? old[index + shift] : nil
    }

    func write(_ writer: inout WireWriter) {
        writer.count(new.count)
        writer.count(shift)
        writer.count(changed.count)
        var (last, previous) = (-1, Float(0))
        for index in changed {
            writer.count(index - last - 1)
            last = index
            writer.count(new[index] == nil ? 0 : 1)
            guard let value = new[index] else { continue }
            writer.bits(value.bitPattern ^ previous.bitPattern)
            previous = value
        }
    }

    static func read(onto old: [Float?], _ reader: inout WireReader) throws(WireFault) -> [Float?] {
        let count = try reader.count(upTo: longest)
        let shift = try reader.count(upTo: farthest)
        var values = (0..<count).map { value(old, $0, shift, count) }
        var (next, previous) = (0, Float(0))
        for _ in 0..<(try reader.count(upTo: count)) {
            let index = next + (try reader.count(upTo: longest))
            guard index < count else { throw WireFault("a frame changes a value beyond the end of its series") }
            next = index + 1
            values[index] = nil
            guard try reader.count(upTo: 1) == 1 else { continue }
            previous = Float(bitPattern: previous.bitPattern ^ (try reader.bits(UInt32.self)))
            values[index] = previous
        }
        return values
    }
}
