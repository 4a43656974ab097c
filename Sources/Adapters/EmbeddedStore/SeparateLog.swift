import Dispatch
import EnergyModel
import Foundation
import Ports

extension EmbeddedStore {
    /// Only an event log, in a directory of its own: the local queue, which may lie on another disk than the log it stands in
    /// for.
    package static func openLog(
        directory: String, options: EmbeddedStoreOptions = EmbeddedStoreOptions(),
        now: @escaping @Sendable () -> UTCInstant
    ) async throws(PortError) -> EmbeddedEventLog {
        let answer = Answer<EmbeddedEventLog>()
        DispatchQueue(label: "switchyard.store.open").async {
            do throws(PortError) {
                answer.give(.success(try log(directory: directory, options: options, now: now)))
            } catch {
                answer.give(.failure(error))
            }
        }
        return try await answer.value()
    }

    private static func log(
        directory: String, options: EmbeddedStoreOptions, now: @escaping @Sendable () -> UTCInstant
    ) throws(PortError) -> EmbeddedEventLog {
        do {
            try FileManager.default.createDirectory(
                atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw PortError(.unavailable, "cannot create \(directory): check the path and its owner", cause: error)
        }
        return EmbeddedEventLog(
            file: try StoreFile(directory: directory, schema: .log, options: options), options: options, now: now)
    }
}
