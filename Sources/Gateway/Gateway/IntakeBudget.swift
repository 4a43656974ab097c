import Synchronization

/// Bounds the bodies that are being read or wait for the intake, in bytes and in number (ledger ING-09).
final class IntakeBudget: Sendable {
    private struct Taken {
        var bytes = 0
        var deliveries = 0
    }

    private let byteLimit: Int
    private let deliveryLimit: Int
    private let taken = Mutex(Taken())

    init(byteLimit: Int, deliveryLimit: Int) {
        self.byteLimit = byteLimit
        self.deliveryLimit = deliveryLimit
    }

    /// Nil when there is no room for one more body.
    func reserve() -> Reservation? {
        let hasRoom = taken.withLock {
            guard $0.deliveries < deliveryLimit else { return false }
            $0.deliveries += 1
            return true
        }
        return hasRoom ? Reservation(budget: self) : nil
    }

    /// One body's share. Lives as long as the body's bytes do, and gives all back at its end.
    final class Reservation: Sendable {
        private let budget: IntakeBudget
        private let bytes = Mutex(0)

        fileprivate init(budget: IntakeBudget) { self.budget = budget }

        /// False when the bytes do not fit; the share is then as it was.
        func grow(by count: Int) -> Bool {
            let hasRoom = budget.taken.withLock {
                guard $0.bytes + count <= budget.byteLimit else { return false }
                $0.bytes += count
                return true
            }
            if hasRoom { bytes.withLock { $0 += count } }
            return hasRoom
        }

        deinit {
            let count = bytes.withLock { $0 }
            budget.taken.withLock {
                $0.bytes -= count
                $0.deliveries -= 1
            }
        }
    }
}
