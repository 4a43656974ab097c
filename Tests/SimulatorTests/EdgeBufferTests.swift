import EnergyModel
import Testing

@testable import Simulator

@Suite("Edge buffer")
struct EdgeBufferTests {
    @Test(
        "whatever fails, everything is acknowledged once or counted as dropped, and comes in order on one connection",
        arguments: 1...20 as ClosedRange<UInt64>)
    func conservation(seed: UInt64) {
        var buffer = EdgeBuffer(span: .seconds(1000), byteLimit: 64 * 60)
        var out: [EdgeBuffer.Batch] = []
        var acknowledged: Set<Int64> = []
        var added: UInt64 = 0
        for step in UInt64(0)..<5000 {
            let dice = mixed(seed, step)
            switch dice % 6 {
            case 0, 1, 2:
                buffer.add(Self.emission(Int64(added)), now: .max)
                added += 1
            case 3:
                if let batch = buffer.take(1 + Int(dice >> 8 % 9)) { out.append(batch) }
            case 4 where !out.isEmpty:
                let batch = out.remove(at: Int(dice >> 8) % out.count)
                buffer.acknowledge(batch)
                for emission in batch.emissions { #expect(acknowledged.insert(emission.due).inserted) }
            case 5 where !out.isEmpty:
                buffer.giveBack(out.remove(at: Int(dice >> 8) % out.count))
            default: break
            }
            #expect(UInt64(acknowledged.count) + UInt64(buffer.count) + buffer.dropped == added)
            #expect(buffer.bytes == 64 * buffer.count)
        }
        for batch in out { buffer.giveBack(batch) }
        var order: [Int64] = []
        while let batch = buffer.take(7) { order += batch.emissions.map(\.due) }
        #expect(order == order.sorted())
        #expect(UInt64(acknowledged.count + order.count) + buffer.dropped == added)
    }

    @Test("keeps its bounds: the oldest go first")
    func bounds() {
        var buffer = EdgeBuffer(span: .seconds(10), byteLimit: 64 * 20)
        for number in Int64(0)..<30 { buffer.add(Self.emission(number * 1000), now: number * 1000) }
        #expect(buffer.count == 20 && buffer.dropped == 10)
        buffer.advance(now: 35_000)
        #expect(buffer.dropped == 25)
        #expect(buffer.take(1)?.emissions.first?.due == 25_000)
    }

    @Test("what is due later waits for its moment")
    func later() {
        var buffer = EdgeBuffer(span: .seconds(100), byteLimit: 1 << 20)
        for due in [5000, 1000, 3000] as [Int64] { buffer.add(Self.emission(due), now: 1000) }
        #expect(buffer.take(9)?.emissions.map(\.due) == [1000])
        buffer.advance(now: 2999)
        #expect(buffer.take(9)?.number == nil)
        buffer.advance(now: 5000)
        #expect(buffer.take(9)?.emissions.map(\.due) == [3000, 5000])
    }

    static func emission(_ due: Int64) -> Emission {
        let reading = SimulatedReading(
            meter: 0, time: .init(milliseconds: due), watts: 1, registerWattHours: 1, decivolts: 2300)
        return Emission(meter: 0, content: .reading(reading), due: due)
    }
}
