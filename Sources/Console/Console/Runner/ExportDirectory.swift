import Foundation

/// Where `W` puts its files.
package struct ExportDirectory: Sendable {
    package let path: String

    package init(path: String) { self.path = path }

    /// A plain name goes into this directory, an absolute path where it says. A file that exists is left as it is.
    func write(_ contents: String, to name: String) -> EffectResult {
        let full = name.hasPrefix("/") ? name : (path as NSString).appendingPathComponent(name)
        guard !FileManager.default.fileExists(atPath: full) else {
            return .failed(sentence: "\(full) exists already and is not overwritten: choose another name")
        }
        do {
            let directory = (full as NSString).deletingLastPathComponent
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
            try Data(contents.utf8).write(to: URL(fileURLWithPath: full), options: .withoutOverwriting)
            return .written(path: full)
        } catch {
            return .failed(sentence: "\(full) cannot be written: \(error.localizedDescription)")
        }
    }
}
