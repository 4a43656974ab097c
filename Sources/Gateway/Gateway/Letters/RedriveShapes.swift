import EnergyModel
import GatewayWire
import Ports

/// How redrives are told.
enum RedriveShapes {
    static let redrive = Shape<Redrive>(
        "Redrive", "A replay of many dead letters in the background.",
        [
            .text("redrive_id", "The key of the command that began it.") { $0.id },
            .choice("state", "Where it stands.") { $0.state },
            .integer("per_second", "Letters a second.") { Int64($0.perSecond) },
            .text("author", "By whom.") { $0.author },
            .text("reason", "Why.") { $0.reason },
            .text("begun_at", "When it began.", as: .instant) { $0.begunAt.iso8601 },
            .text("changed_at", "When it last changed.", as: .instant) { $0.changedAt.iso8601 },
            .integer("total", "Letters of the selection.") { Int64($0.total) },
            .integer("replayed", "Taken.") { Int64($0.replayed) },
            .integer("failed", "Failed again.") { Int64($0.failed) },
            .integer("quarantined", "Of those failed, quarantined now.") { Int64($0.quarantined) },
            .integer("passed_over", "Dealt with by somebody else before their turn.") { Int64($0.passedOver) },
            .value("failures", "How many failed for which reason.", .map(of: .integer())) {
                .object($0.failures.sorted { $0.key < $1.key }.map { .init($0.key, .integer(Int64($0.value))) })
            },
            .optionalText("note", "Why it stands still, when the engine paused it.") { $0.note },
        ])

    static let list = Shape<Told<[Redrive]>>.told(
        "RedriveList", "The newest 50.", [.list("redrives", "Newest first.", redrive) { $0.value }])
    static let single = Shape<Told<Redrive>>.told(
        "RedriveDetail", "One of them.", [.object("redrive", "The redrive.", redrive) { $0.value }])
}
