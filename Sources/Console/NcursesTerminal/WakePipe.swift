import Glibc

/// Wakes a thread that waits in `poll`: from other threads, and from signal handlers, which may only `write`.
///
/// Neither end blocks. A full pipe already means "wake up", so a byte that does not fit is not missed, except a signal's
/// number: 64 KiB of unread wake-ups do not happen, as ``NcursesTerminal`` writes none while one is pending.
final class WakePipe: Sendable {
    let readEnd: Int32
    let writeEnd: Int32

    init?() {
        guard let ends = Curses.makePipe() else { return nil }
        readEnd = ends.readEnd
        writeEnd = ends.writeEnd
    }

    deinit {
        close(readEnd)
        close(writeEnd)
    }

    func wake() {
        var byte: UInt8 = 0
        _ = write(writeEnd, &byte, 1)
    }

    /// Everything written so far: 0 for a wake-up, else a signal's number.
    func drain() -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = read(readEnd, &bytes, bytes.count)
        return count > 0 ? Array(bytes[..<count]) : []
    }
}
