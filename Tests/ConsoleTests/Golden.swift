import Foundation
import Testing

/// Compares a screen with its file under Goldens. `SWITCHYARD_RECORD=1` writes the files instead; without it a missing
/// file is a failure.
enum Golden {
    static var directory: URL {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Goldens")
    }

    static var isRecording: Bool { ProcessInfo.processInfo.environment["SWITCHYARD_RECORD"] == "1" }

    static func check(_ golden: String, _ name: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let file = directory.appendingPathComponent(name + ".golden")
        if isRecording {
            try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
            return try Data(golden.utf8).write(to: file)
        }
        guard let data = FileManager.default.contents(atPath: file.path) else {
            Issue.record(
                "no golden \(name): run with SWITCHYARD_RECORD=1 and look at it", sourceLocation: sourceLocation)
            return
        }
        let wanted = String(decoding: data, as: UTF8.self)
        guard wanted != golden else { return }
        Issue.record("\(name): \(difference(wanted, golden))", sourceLocation: sourceLocation)
    }

    private static func difference(_ wanted: String, _ got: String) -> String {
        let before = wanted.split(separator: "\n", omittingEmptySubsequences: false)
        let after = got.split(separator: "\n", omittingEmptySubsequences: false)
        let row =
            zip(before, after).enumerated().first { $0.element.0 != $0.element.1 }?.offset
            ?? min(before.count, after.count)
        let old = row < before.count ? String(before[row]) : "(end)"
        let new = row < after.count ? String(after[row]) : "(end)"
        return "line \(row + 1)\n  golden: \(old)\n  now:    \(new)"
    }
}
