import Ports

/// What the stream's view for consoles sends: a snapshot as its difference from one that the reader has, or from nothing.
package enum SnapshotFrame {
    /// Exact: ``decode(_:over:)`` over the same base gives `snapshot` again. `base` nil: it stands alone.
    package static func encode(_ snapshot: OperatorSnapshot, over base: OperatorSnapshot?) throws -> [UInt8] {
        var writer = WireWriter()
        let codec = RecordCodec<OperatorSnapshot>.snapshot
        try codec.record.write(snapshot, base ?? codec.blank, &writer)
        return writer.bytes
    }

    package static func decode(_ frame: [UInt8], over base: OperatorSnapshot?) throws -> OperatorSnapshot {
        var reader = WireReader(frame[...])
        let codec = RecordCodec<OperatorSnapshot>.snapshot
        let snapshot = try codec.record.read(base ?? codec.blank, &reader)
        guard reader.isAtEnd else { throw WireFault("a frame goes on after its end") }
        return snapshot
    }
}

/// Which state of a stream a reader has: `{epoch}-{tick}`, the `id` of its events. Epochs tell runs of the engine and scopes
/// apart.
package struct StreamPosition: Hashable, Sendable {
    package let epoch: UInt64
    package let tick: UInt64

    package init(epoch: UInt64, tick: UInt64) {
        self.epoch = epoch
        self.tick = tick
    }

    /// Nil for text that is no position.
    package init?(_ text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, let epoch = UInt64(parts[0], radix: 16), let tick = UInt64(parts[1]) else { return nil }
        self.init(epoch: epoch, tick: tick)
    }

    package var text: String { "\(String(epoch, radix: 16))-\(tick)" }
}

/// One event `snapshot` of the stream: base (0: none), then the frame; in base 64.
package struct SnapshotEvent: Hashable, Sendable {
    package static let name = "snapshot"
    package let base: UInt64
    package let frame: [UInt8]

    package init(base: UInt64, frame: [UInt8]) {
        self.base = base
        self.frame = frame
    }

    package var data: String { "\(base) \(Base64.encode(frame))" }

    package init(data: String) throws(WireFault) {
        let parts = data.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, let base = UInt64(parts[0]), let frame = Base64.decode(parts[1]) else {
            throw WireFault("an event of the stream is no snapshot")
        }
        self.init(base: base, frame: frame)
    }
}
