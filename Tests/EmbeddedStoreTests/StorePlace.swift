import EmbeddedStore
import EnergyModel
import Foundation
import Ports

/// A data directory of its own, removed when the test ends.
final class StorePlace: Sendable {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "switchyard-store-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        do { try FileManager.default.removeItem(atPath: path) } catch { print("left behind: \(path): \(error)") }
    }

    func open(_ change: (inout EmbeddedStoreOptions) -> Void = { _ in }) async throws -> EmbeddedStore {
        var options = EmbeddedStoreOptions()
        change(&options)
        return try await EmbeddedStore.open(directory: path, options: options) { testNow }
    }

    func file(_ name: String) -> String { path + "/" + name }
}

let testNow = UTCInstant(seconds: 1_790_000_000)
