import DequeModule
import GRDB
import Ports
import Synchronization

/// Lets concurrent writes of one file share a transaction: one thread takes what waits, runs it, commits once, and only then
/// answers. A write must check before it changes: a `PortError` it throws is its own answer and the others go on; any
/// other error rolls all back.
final class GroupCommit: Sendable {
    /// What may wait; beyond either a submit is refused with `.unavailable`.
    static let maximumWaiting = 8192
    static let maximumWaitingBytes = 64 << 20
    /// What goes into one transaction at most: bounds how long a commit takes and how large the write-ahead log grows.
    static let maximumBytesInCommit = 8 << 20

    fileprivate struct Item: Sendable {
        let bytes: Int
        let isAbandoned: @Sendable () -> Bool
        /// Does the work and returns what to call once it is committed.
        let run: @Sendable (Database) throws -> @Sendable () -> Void
        let fail: @Sendable (PortError) -> Void
    }

    fileprivate struct State {
        var waiting: Deque<Item> = []
        var bytes = 0
        var isScheduled = false
    }

    private let connection: StoreConnection
    private let state = Mutex(State())

    init(connection: StoreConnection) { self.connection = connection }

    /// Returns once the transaction with `body` in it is committed. `bytes` is what the body holds in memory.
    func submit<Value: Sendable>(
        bytes: Int, _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws(PortError) -> Value {
        let answer = Answer<Value>()
        let item = Item(
            bytes: bytes, isAbandoned: { answer.isGiven },
            run: { database in
                let value = try body(database)
                return { answer.give(.success(value)) }
            },
            fail: { answer.give(.failure($0)) })
        try enter(item)
        Deadline.arm(answer, after: connection.deadline, with: .failure(connection.timedOut(connection.deadline)))
        return try await answer.value()
    }

    private func enter(_ item: Item) throws(PortError) {
        let (isTaken, mustSchedule) = state.withLock { state in
            guard state.waiting.count < Self.maximumWaiting,
                state.waiting.isEmpty || state.bytes + item.bytes <= Self.maximumWaitingBytes
            else { return (false, false) }
            state.waiting.append(item)
            state.bytes += item.bytes
            defer { state.isScheduled = true }
            return (true, !state.isScheduled)
        }
        guard isTaken else {
            throw PortError(.unavailable, "the write queue of \(connection.name) is full; try again later")
        }
        guard mustSchedule else { return }
        do throws(PortError) {
            try connection.enqueue { database in self.drain(database) }
        } catch {
            for item in state.withLock({ $0.takeAll() }) { item.fail(error) }
        }
    }

    private func drain(_ database: Database) {
        while let head = state.withLock({ $0.headOrRest() }) {
            // Waits for a lock of another process as long as the oldest caller waits.
            connection.follow(head.isAbandoned)
            do {
                try database.begin("BEGIN IMMEDIATE")
            } catch {
                connection.follow(nil)
                let error = storeError(error, file: connection.name)
                let isBusy = error.isTransient
                for item in state.withLock({ isBusy ? $0.removeAbandoned() : $0.takeAll() }) { item.fail(error) }
                if isBusy, !head.isAbandoned() { head.fail(error) }
                continue
            }
            connection.follow(nil)
            commit(state.withLock { $0.take(Self.maximumBytesInCommit) }, database)
        }
    }

    private func commit(_ items: [Item], _ database: Database) {
        var answers: [@Sendable () -> Void] = []
        do {
            for item in items where !item.isAbandoned() {
                do {
                    answers.append(try item.run(database))
                } catch let error as PortError {
                    item.fail(error)
                }
            }
            try database.commitOpen()
        } catch {
            let failure = storeError(error, file: connection.name)
            do {
                try database.rollbackOpen()
            } catch {
                // The next BEGIN says what is wrong with the connection; these callers get the first error.
            }
            for item in items { item.fail(failure) }
            return
        }
        for answer in answers { answer() }
    }
}

extension GroupCommit.State {
    /// The oldest item somebody still waits for; without one the drain ends.
    fileprivate mutating func headOrRest() -> GroupCommit.Item? {
        _ = removeAbandoned()
        if waiting.isEmpty { isScheduled = false }
        return waiting.first
    }

    fileprivate mutating func removeAbandoned() -> [GroupCommit.Item] {
        let gone = waiting.filter { $0.isAbandoned() }
        guard !gone.isEmpty else { return [] }
        waiting.removeAll { $0.isAbandoned() }
        bytes = waiting.reduce(0) { $0 + $1.bytes }
        return Array(gone)
    }

    fileprivate mutating func take(_ limit: Int) -> [GroupCommit.Item] {
        var taken: [GroupCommit.Item] = []
        var size = 0
        while let item = waiting.first, taken.isEmpty || size + item.bytes <= limit {
            waiting.removeFirst()
            size += item.bytes
            taken.append(item)
        }
        bytes -= size
        return taken
    }

    /// Everything; the next submit schedules a new drain.
    fileprivate mutating func takeAll() -> [GroupCommit.Item] {
        defer { self = GroupCommit.State() }
        return Array(waiting)
    }
}
