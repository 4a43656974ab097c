/// Turns requests away while the others take too long (ledger API-08): from a p99 above `above` on, until it is below
/// `below`. One in `probeEvery` is still taken, so that it is noticed when it gets better.
package struct LoadShedder: Sendable {
    private var latencies: LatencyHistogram
    private var gate: HysteresisGate
    private let probeEvery: UInt64
    private let minimumCount: Int
    private var asked: UInt64 = 0

    /// - Parameter minimumCount: with fewer durations than this in the last one to two `window`s nothing is shed.
    package init(
        above: Duration = .seconds(2), below: Duration = .seconds(1), window: Duration = .seconds(10),
        probeEvery: Int = 10, minimumCount: Int = 20, now: MonotonicTime
    ) {
        gate = HysteresisGate(refuseAt: Double(above.nanoseconds), resumeAt: Double(min(above, below).nanoseconds))
        latencies = LatencyHistogram(at: now, span: window)
        self.probeEvery = UInt64(max(2, probeEvery))
        self.minimumCount = minimumCount
    }

    package var isShedding: Bool { gate.isRefusing }

    /// Whether a request that may be shed is taken.
    package mutating func admits(now: MonotonicTime) -> Bool {
        judge(now: now)
        guard gate.isRefusing else { return true }
        asked &+= 1
        return asked % probeEvery == 0
    }

    package mutating func record(_ latency: Duration, now: MonotonicTime) {
        latencies.record(latency, at: now)
        judge(now: now)
    }

    /// An empty window is good news: nothing is slow any more.
    private mutating func judge(now: MonotonicTime) {
        let milliseconds = latencies.percentile(0.99, at: now)
        let known = latencies.recent >= UInt64(minimumCount) || gate.isRefusing
        gate.update(level: known ? milliseconds * 1_000_000 : 0)
    }
}
