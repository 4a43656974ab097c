import Glibc
import Synchronization

/// A file with one line for each acknowledged reading, written after the acknowledgement and straight through to the
/// kernel: it outlives a kill of this process, and shows what the engine must have.
final class AcknowledgedLedger: Sendable {
    private let path: String
    private let descriptor: Int32
    /// Keeps lines whole when batches end at the same time.
    private let writing = Mutex(())

    /// Appends to the file if it is there.
    init(path: String) throws(SimulationError) {
        self.path = path
        descriptor = Glibc.open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw SimulationError("\(path) cannot be opened for writing: \(String(cString: strerror(errno)))")
        }
    }

    deinit { close(descriptor) }

    func record(_ emissions: [Emission], _ text: ReadingText) throws(SimulationError) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(emissions.count * 96)
        for case .reading(let reading) in emissions.map(\.content) { text.appendAcknowledgement(reading, to: &bytes) }
        let failure: Int32? = writing.withLock { _ in
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
                if count < 0, errno != EINTR { return errno }
                rest = rest.dropFirst(max(0, count))
            }
            return nil
        }
        if let failure { throw SimulationError("\(path) cannot be written: \(String(cString: strerror(failure)))") }
    }
}
