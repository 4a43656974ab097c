import Foundation
import GRDB

/// Text from outside as a value that survives: GRDB binds strings up to their first NUL, so one that has a NUL is stored as
/// its UTF-8 bytes instead. Reading a `String` from a fetched row takes either. Nil stays NULL.
func whole(_ text: String?) -> DatabaseValue {
    guard let text else { return .null }
    return text.utf8.contains(0) ? Data(text.utf8).databaseValue : text.databaseValue
}
