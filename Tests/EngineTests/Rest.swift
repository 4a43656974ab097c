import Foundation
import SwitchyardTesting

/// Returns when nobody is about to do anything: every other thread of the process sleeps, and what waited for a thread has had
/// one. Only then may a test move a clock that others sleep on; a thread that the machine keeps from running is waited for,
/// since the kernel lists it as running. Gives up after 20 s, so that a thread that never rests cannot hang a test.
func everyoneRests() async {
    let limit = ContinuousClock.now + .seconds(20)
    var quiet = 0
    while quiet < 3, ContinuousClock.now < limit {
        for _ in 0..<10 { await Task.yield() }
        quiet = runningThreads() <= 1 ? quiet + 1 : 0
    }
}

extension ManualClock {
    /// Moves on in one step and waits until everybody has done what that brings.
    func pass(_ step: Duration) async {
        advance(by: step)
        await everyoneRests()
    }
}

/// Threads of this process that run or want to; the caller is one of them.
private func runningThreads() -> Int {
    guard let directory = opendir("/proc/self/task") else { return 1 }
    defer { closedir(directory) }
    var running = 0
    while let entry = readdir(directory) {
        let name = withUnsafePointer(to: entry.pointee.d_name) { pointer in
            pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        guard name != ".", name != "..", let state = state(ofThread: name) else { continue }
        if state == UInt8(ascii: "R") || state == UInt8(ascii: "D") { running += 1 }
    }
    return running
}

/// The letter behind the name in parentheses, which may itself hold any byte; nil when the thread has ended meanwhile.
private func state(ofThread name: String) -> UInt8? {
    let file = open("/proc/self/task/\(name)/stat", O_RDONLY)
    guard file >= 0 else { return nil }
    defer { close(file) }
    var text = [UInt8](repeating: 0, count: 256)
    let count = read(file, &text, text.count)
    guard count > 0, let end = text[..<count].lastIndex(of: UInt8(ascii: ")")), end + 2 < count else { return nil }
    return text[end + 2]
}
