import EnergyModel
import Ports

/// What needs somebody: dependencies down, breakers not closed, queues that refuse, feeds that have lost their broker, a
/// disk nearly full, readings that retention is about to reach.
enum HealthTrouble {
    static func count(_ health: HealthSnapshot) -> Int {
        let losing = Set(health.partitions.lazy.filter(isLosing).map { [$0.topic, $0.group] })
        return health.dependencies.lazy.filter(isTrouble).count + health.breakers.lazy.filter(isTrouble).count
            + health.queues.lazy.filter(\.isRefusing).count + health.feeds.lazy.filter(isTrouble).count
            + losing.count + (isDiskFull(health) ? 1 : 0)
    }

    static func isTrouble(_ dependency: DependencyStatus) -> Bool { dependency.state != .up }
    static func isTrouble(_ breaker: BreakerStatus) -> Bool { breaker.state != .closed }
    static func isTrouble(_ feed: FeedStatus) -> Bool { feed.state == .backingOff }

    /// Unread readings will be removed within the hour.
    static func isLosing(_ partition: PartitionStatus) -> Bool {
        partition.secondsToRetentionLoss.map { $0 < 3600 } ?? false
    }

    static func isDiskFull(_ health: HealthSnapshot) -> Bool {
        health.diskTotalBytes > 0 && Double(health.diskFreeBytes) < 0.1 * Double(health.diskTotalBytes)
    }
}

/// Under what is wrong: what is safe meanwhile, and what a person can do.
enum HealthRemedy {
    static let losing = "Aggregation is too slow or stands: see series-store above; raise log.retention before then"
    static let disk = "Free space or move the data directory: at 100 % nothing more is taken, and senders keep theirs"

    static func text(for dependency: DependencyStatus) -> String {
        guard dependency.state != .up else { return "" }
        switch dependency.name {
        case "canary": return "A test reading did not come through: what is wrong stands in the rows below"
        case "event-log", "local-queue":
            return "Senders are told to keep their readings. Free the disk or the file; then `switchyard doctor`"
        case "series-store":
            return "Readings are safe in the log and follow when it answers: free the disk or the file that is locked"
        case "record-store":
            return "Readings go on. Dead letters, journal and facilities wait: free the disk or the file that is locked"
        case "disk": return disk
        default: return "See switchyard.log in the data directory; `switchyard doctor` says what it finds"
        }
    }

    static func text(for breaker: BreakerStatus) -> String {
        switch breaker.state {
        case .closed: ""
        case .open: "It tries by itself; once the cause is gone a reset by hand saves the wait"
        case .halfOpen: "It is trying now"
        case .isolated: "Tripped by hand: nothing goes through until it is reset by hand"
        }
    }

    static func text(for queue: QueueStatus) -> String {
        queue.isRefusing ? "Senders are told to keep their readings and try later; nothing is lost meanwhile" : ""
    }

    static func text(for feed: FeedStatus) -> String {
        switch feed.state {
        case .live, .connecting, .stopped: ""
        case .backingOff: "Is the broker running, and its address right? Meters keep up to an hour and send it later"
        case .paused: "Waiting for the queue to empty: the broker keeps the readings"
        }
    }
}
