/// Reads what `ArchiveWriter` wrote. Believes nothing: every length is held against the bytes that are left and against what
/// it may be, so that no bytes make it trap or ask for more memory than they have themselves.
struct ArchiveReader {
    /// Slots and counts of slots no archive exceeds: five-minute slots of two thousand years.
    static let mostSlots = 1_000_000_000

    private let bytes: ArraySlice<UInt8>
    private var position: Int

    /// Checks magic, format and checksum.
    init(_ archive: [UInt8], magic: [UInt8], format: UInt16) throws(ForecastArchiveError) {
        guard archive.starts(with: magic) else { throw .notAnArchive }
        guard archive.count >= magic.count + 2 + 8 else { throw .damaged }
        let written = Int(archive[magic.count]) | Int(archive[magic.count + 1]) << 8
        guard written == Int(format) else { throw .otherFormat(written) }
        bytes = archive.dropLast(8)
        position = magic.count + 2
        var seal: UInt64 = 0
        for byte in archive.suffix(8).reversed() { seal = seal << 8 | UInt64(byte) }
        guard seal == ArchiveWriter.checksum(bytes) else { throw .damaged }
    }

    private mutating func take<T: FixedWidthInteger>(_: T.Type) throws(ForecastArchiveError) -> T {
        let width = T.bitWidth / 8
        guard bytes.endIndex - position >= width else { throw .damaged }
        let value = bytes.withUnsafeBytes { T(littleEndian: $0.loadUnaligned(fromByteOffset: position, as: T.self)) }
        position += width
        return value
    }

    /// Nothing may be left.
    func finish() throws(ForecastArchiveError) {
        guard position == bytes.endIndex else { throw .damaged }
    }

    mutating func integer(in range: ClosedRange<Int>, _ what: String) throws(ForecastArchiveError) -> Int {
        let value = try take(Int64.self)
        guard let whole = Int(exactly: value), range.contains(whole) else { throw .impossible(what) }
        return whole
    }

    mutating func bool() throws(ForecastArchiveError) -> Bool { try take(UInt8.self) != 0 }

    mutating func finite(_ what: String) throws(ForecastArchiveError) -> Float {
        let value = try float()
        guard value.isFinite else { throw .impossible(what) }
        return value
    }

    mutating func float() throws(ForecastArchiveError) -> Float { Float(bitPattern: try take(UInt32.self)) }

    mutating func double(_ what: String) throws(ForecastArchiveError) -> Double {
        let value = Double(bitPattern: try take(UInt64.self))
        guard value.isFinite else { throw .impossible(what) }
        return value
    }

    private mutating func count(
        _ allowed: ClosedRange<Int>, bits: Int, _ what: String
    ) throws(ForecastArchiveError) -> Int {
        let count = Int(try take(UInt32.self))
        guard allowed.contains(count) else { throw .impossible(what) }
        guard bytes.endIndex - position >= (count * bits + 7) / 8 else { throw .damaged }
        return count
    }

    /// `allowsGaps`: NaN and infinity may be among them.
    mutating func floats(
        _ allowed: ClosedRange<Int>, _ what: String, allowsGaps: Bool = false
    ) throws(ForecastArchiveError) -> [Float] {
        let count = try count(allowed, bits: 32, what)
        let start = position
        let values = bytes.withUnsafeBytes { buffer in
            (0..<count).map { index in
                Float(
                    bitPattern: UInt32(
                        littleEndian: buffer.loadUnaligned(
                            fromByteOffset: start + 4 * index, as: UInt32.self)))
            }
        }
        position += 4 * count
        guard allowsGaps || values.allSatisfy(\.isFinite) else { throw .impossible(what) }
        return values
    }

    mutating func integers(
        _ allowed: ClosedRange<Int>, in range: ClosedRange<Int>, _ what: String
    ) throws(ForecastArchiveError) -> [Int] {
        var values: [Int] = []
        for _ in 0..<(try count(allowed, bits: 64, what)) { values.append(try integer(in: range, what)) }
        return values
    }

    mutating func bytes(_ allowed: ClosedRange<Int>, _ what: String) throws(ForecastArchiveError) -> [UInt8] {
        let count = try count(allowed, bits: 8, what)
        position += count
        return Array(bytes[position - count..<position])
    }

    mutating func bools(_ allowed: ClosedRange<Int>, _ what: String) throws(ForecastArchiveError) -> [Bool] {
        let count = try count(allowed, bits: 1, what)
        let start = position
        position += (count + 7) / 8
        return (0..<count).map { bytes[start + $0 / 8] & (1 << UInt8($0 % 8)) != 0 }
    }
}
