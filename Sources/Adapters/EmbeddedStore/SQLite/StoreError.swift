import GRDB
import Ports

/// What an error of SQLite means to the caller of a port, with what to do next. `file` is the file's name.
func storeError(_ error: any Error, file: String) -> PortError {
    if let error = error as? PortError { return error }
    guard let error = error as? DatabaseError else {
        return PortError(.unavailable, "\(file) failed in an unknown way; see the cause", cause: error)
    }
    switch error.extendedResultCode {
    case .SQLITE_IOERR_SHMSIZE:
        return PortError(.full, "no room for \(file): free space on the data directory's disk", cause: error)
    case .SQLITE_IOERR_CORRUPTFS:
        return corrupt(file, error)
    default: break
    }
    switch error.resultCode {
    case .SQLITE_FULL:
        return PortError(.full, "no room for \(file): free space on the data directory's disk", cause: error)
    case .SQLITE_BUSY, .SQLITE_LOCKED:
        return PortError(.unavailable, "\(file) is locked by another process; it is tried again", cause: error)
    case .SQLITE_INTERRUPT:
        return PortError(.timedOut, "the call on \(file) was stopped at its deadline", cause: error)
    case .SQLITE_CORRUPT, .SQLITE_NOTADB:
        return corrupt(file, error)
    case .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_CANTOPEN, .SQLITE_AUTH:
        return PortError(
            .unavailable, "\(file) cannot be opened or written: check owner and mode of the data directory",
            cause: error)
    case .SQLITE_CONSTRAINT, .SQLITE_TOOBIG, .SQLITE_MISMATCH, .SQLITE_RANGE:
        return PortError(.invalid, "\(file) refuses the value; it will refuse it again", cause: error)
    case .SQLITE_IOERR:
        return PortError(.unavailable, "reading or writing \(file) failed: check the disk", cause: error)
    default:
        return PortError(.unavailable, "\(file) failed; see the cause", cause: error)
    }
}

private func corrupt(_ file: String, _ error: DatabaseError) -> PortError {
    PortError(
        .corrupt,
        "\(file) is damaged: stop the engine, keep a copy of the data directory, and restore the newest backup of this file",
        cause: error)
}
