import EnergyModel
import Foundation
import Metering
import Testing

/// Accept and reject as Foundation does, for JSON as such. The differences, and no others:
/// - duplicate keys, refused here under a reason of their own;
/// - a comma before a closing bracket, which Foundation lets pass against RFC 8259 §4 and §5;
/// - numbers too large for a double, sound JSON (and out of range where they matter), which Foundation refuses;
/// - UTF-16 and UTF-32, no JSON between systems (RFC 8259 §8.1), which Foundation guesses at.
@Suite("JSON against Foundation") struct JSONFuzzTests {
    private static let corpus: [String] = [
        #"{"meter_id":"M-1","facility_id":"F-0","ts":"2026-11-21T11:59:45Z","kw":12.5,"kwh":1e3,"voltage":230,"quality":"raw"}"#,
        #"{"meter_id":"M\u002d1","a":{"b":[1,2,{"c":null}],"d":"\ud83d\ude00 é \\ \/ \" \b\f\n\r\t"},"ts":1.5E+3}"#,
        #"[{"kw":-0.0},{"kwh":0},[],[[]],{},"x",true,false,null,-1,1e-7,123456789012345678901234567890]"#,
        " \t\r\n[ 1 , 2 ] \n", "\"\u{7F}\u{80}\u{FFFF}\u{10FFFF}\"", "{\"\":{\"\":\"\"}}", "-1.25e+10",
        "[[[[[[[[1]]]]]]]]",
    ]
    private static let snippets: [[UInt8]] =
        [
            "{", "}", "[", "]", ",", ":", "\"", "\\", "\\u", "\\ud800", "\\udc00", "null", "tru", "-", "0", "00", ".",
            "e", "1e5", "\n",
            "\u{0}", "\u{1F}", "\"a\":1", "é", "😀", "/", "//x", "NaN", "\u{FEFF}",
        ].map { Array($0.utf8) } + [
            [0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0x80], [0xE2, 0x82],
        ]

    private static func mutate(_ bytes: [UInt8], _ random: inout Seeded) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 0...3, using: &random) {
            let at = Int.random(in: 0...bytes.count, using: &random)
            switch random.next() % 5 {
            case 0 where at < bytes.count: bytes.remove(at: at)
            case 1 where at < bytes.count: bytes[at] = UInt8(truncatingIfNeeded: random.next())
            case 2: bytes.removeSubrange(at..<min(bytes.count, at + Int.random(in: 0...9, using: &random)))
            case 3 where at < bytes.count:
                let end = min(bytes.count, at + Int.random(in: 1...12, using: &random))
                bytes.insert(contentsOf: bytes[at..<end], at: Int.random(in: 0...bytes.count, using: &random))
            default: bytes.insert(contentsOf: snippets.randomElement(using: &random) ?? [], at: at)
            }
        }
        return bytes
    }

    /// Indices of the bytes that are not inside a string.
    private static func outside(_ bytes: [UInt8]) -> [Int] {
        var (indices, isInside, isEscaped) = ([Int](), false, false)
        for (index, byte) in bytes.enumerated() {
            if !isInside { indices.append(index) }
            if byte == UInt8(ascii: "\""), !isEscaped { isInside.toggle() }
            isEscaped = isInside && byte == UInt8(ascii: "\\") && !isEscaped
        }
        return indices
    }

    private static func withoutTrailingCommas(_ bytes: [UInt8]) -> [UInt8] {
        let spaces: Set<UInt8> = [0x20, 0x09, 0x0A, 0x0D]
        let commas = outside(bytes).filter { index in
            guard bytes[index] == UInt8(ascii: ","),
                let next = bytes[(index + 1)...].first(where: { !spaces.contains($0) })
            else { return false }
            return next == UInt8(ascii: "]") || next == UInt8(ascii: "}")
        }
        return bytes.enumerated().filter { !commas.contains($0.offset) }.map(\.element)
    }

    /// Every digit of an exponent becomes a zero.
    private static func withoutExponents(_ bytes: [UInt8]) -> [UInt8] {
        var (result, isExponent) = (bytes, false)
        for index in outside(bytes) {
            switch bytes[index] {
            case UInt8(ascii: "e"), UInt8(ascii: "E"): isExponent = true
            case UInt8(ascii: "+"), UInt8(ascii: "-"): break
            case UInt8(ascii: "0")...UInt8(ascii: "9"): if isExponent { result[index] = UInt8(ascii: "0") }
            default: isExponent = false
            }
        }
        return result
    }

    private func isSound(_ bytes: [UInt8], _ decoder: inout ReadingDecoder, _ decoded: inout DecodedReadings) -> Bool {
        decoded.removeAll()
        decoder.decode(bytes, format: .json, directory: MeterDirectory(), now: noon, into: &decoded)
        return !decoded.rejections.contains { $0.reason == .malformedJSON }
    }

    private func foundationAccepts(_ bytes: [UInt8]) -> Bool {
        (try? JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed)) != nil
    }

    @Test("mutated texts: 40,000 cases", arguments: 0..<UInt64(4))
    func mutations(seed: UInt64) {
        var random = Seeded(seed)
        var decoder = ReadingDecoder()
        var decoded = DecodedReadings()
        var sound = 0
        for _ in 0..<10_000 {
            let bytes = Self.mutate(Array((Self.corpus.randomElement(using: &random) ?? "").utf8), &random)
            // Foundation guesses at UTF-16 and UTF-32 from zero bytes and byte order marks.
            if bytes.prefix(4).contains(where: { $0 == 0 || $0 == 0xFE || $0 == 0xFF || $0 == 0xEF }) { continue }
            let ours = isSound(bytes, &decoder, &decoded)
            let theirs = foundationAccepts(bytes)
            if ours { sound += 1 }
            let isKnown =
                ours
                ? foundationAccepts(Self.withoutExponents(bytes))
                : isSound(Self.withoutTrailingCommas(bytes), &decoder, &decoded)
            #expect(ours == theirs || isKnown, "\(String(decoding: bytes, as: UTF8.self)) \(bytes)")
        }
        #expect((2000..<9000).contains(sound))
    }

    @Test(
        "the short way, in a known layout or key by key, agrees with the long way: 80,000 cases",
        arguments: 0..<UInt64(4))
    func bothWays(seed: UInt64) {
        var random = Seeded(seed &+ 50)
        var (short, long) = (ReadingDecoder(), ReadingDecoder())
        var (found, expected) = (DecodedReadings(), DecodedReadings())
        let known = directory(meters: 4, perFacility: 2)
        var accepted = 0
        for round in 0..<10_000 {
            let layout = ObjectLayout(&random)
            let bytes = Self.mutate(layout.object(round, &random), &random)
            guard bytes.first == UInt8(ascii: "{"), !bytes.contains(10) else { continue }
            for format in [ReadingFormat.json, .ndjson] {
                if round % 4 > 0 {
                    let lesson = layout.object(round + 1, &random)
                    short.decode(lesson, format: format, directory: known, now: noon, into: &found)
                }
                found.removeAll()
                expected.removeAll()
                short.decode(bytes, format: format, directory: known, now: noon, into: &found)
                // A tab is space that the short way does not know.
                let tabbed = [bytes[0], 9] + bytes.dropFirst()
                long.decode(tabbed, format: format, directory: known, now: noon, into: &expected)
                let text = String(decoding: bytes, as: UTF8.self)
                #expect(ReadingBlock.encode(found.readings) == ReadingBlock.encode(expected.readings), "\(text)")
                #expect(found.rejections.map(\.reason) == expected.rejections.map(\.reason), "\(text)")
                accepted += found.readings.count
            }
        }
        #expect((1000..<12_000).contains(accepted))
    }

    @Test("nesting stops where Foundation stops", arguments: [1, 100, 510, 511, 512, 513, 514, 5000])
    func nesting(depth: Int) {
        var decoder = ReadingDecoder()
        var decoded = DecodedReadings()
        let arrays = Array(String(repeating: "[", count: depth).utf8) + Array(String(repeating: "]", count: depth).utf8)
        #expect(isSound(arrays, &decoder, &decoded) == foundationAccepts(arrays))
        let objects =
            Array(String(repeating: "{\"a\":", count: depth).utf8) + [0x31]
            + Array(String(repeating: "}", count: depth).utf8)
        #expect(isSound(objects, &decoder, &decoded) == foundationAccepts(objects))
    }

    @Test(
        "random bytes of every format are counted, never a trap", arguments: [ReadingFormat.json, .ndjson, .protobuf])
    func anyBytes(format: ReadingFormat) throws {
        var random = Seeded(99)
        var decoder = ReadingDecoder()
        var decoded = DecodedReadings()
        let good = reading(-15, 5, register: 7)
        let seedBytes =
            format == .protobuf
            ? try ReadingEncoder.protobuf(
                [(good, id("M-0"), site("F-0")), (good, id("M-1"), site("F-0"))], facility: site("F-0"))
            : Array(Self.corpus[0].utf8) + [10] + Array(Self.corpus[1].utf8)
        let known = directory(meters: 2, perFacility: 2)
        for _ in 0..<20_000 {
            let bytes =
                random.chance(0.2)
                ? (0..<Int.random(in: 0...40, using: &random)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
                : Self.mutate(seedBytes, &random)
            decoded.removeAll()
            decoder.decode(bytes, format: format, directory: known, now: noon, into: &decoded)
            #expect(decoded.items == decoded.readings.count + decoded.rejections.count)
            #expect(decoded.rejections.allSatisfy { $0.bytes.lowerBound >= 0 && $0.bytes.upperBound <= bytes.count })
        }
    }
}
