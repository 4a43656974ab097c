import Foundation
import Screen
import Yams

/// The theme files of some directories; a later directory stands before an earlier one.
package struct ThemeShelf: Sendable {
    package let directories: [String]

    package init(directories: [String]) { self.directories = directories }

    /// Without `.yaml`, sorted.
    package var names: [String] {
        let files = directories.flatMap { directory -> [String] in
            do {
                return try FileManager.default.contentsOfDirectory(atPath: directory)
            } catch {
                return []  // A directory that is not there has no themes.
            }
        }
        return Set(files.filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(5)) }).sorted()
    }

    func path(of name: String) -> String? {
        guard name.allSatisfy({ $0.isLetter || $0.isNumber || $0 == "-" || $0 == "_" }) else { return nil }
        return directories.reversed().map { ($0 as NSString).appendingPathComponent(name + ".yaml") }
            .first { FileManager.default.fileExists(atPath: $0) }
    }

    /// Always a usable theme; what was wrong is listed by key.
    package func load(_ name: String) -> (theme: Theme, problems: [String]) {
        let (source, problem) = source(name)
        guard let source else { return (.plain, [problem ?? "there is no theme \(name)"]) }
        let (theme, problems) = Theme.read(source) { parent in self.source(parent).0 }
        return (theme, problems.map(\.description))
    }

    private func source(_ name: String) -> (ThemeSource?, String?) {
        guard let path = path(of: name) else {
            return (nil, "there is no theme \(name) in \(directories.joined(separator: ", "))")
        }
        do {
            return (try ThemeFile.source(String(contentsOfFile: path, encoding: .utf8)), nil)
        } catch {
            return (nil, "\(path): \(error)")
        }
    }
}

/// YAML text to what the Screen room reads.
package enum ThemeFile {
    package static func source(_ text: String) throws -> ThemeSource {
        guard let node = try Yams.compose(yaml: text) else { return .map([:]) }
        return source(node, depth: 0)
    }

    /// Deeper than sixteen levels nothing in a theme has a meaning.
    private static func source(_ node: Node, depth: Int) -> ThemeSource {
        guard depth < 16 else { return .text("") }
        switch node {
        case .mapping(let mapping):
            var entries: [String: ThemeSource] = [:]
            for (key, value) in mapping { entries[key.scalar?.string ?? ""] = source(value, depth: depth + 1) }
            return .map(entries)
        case .sequence(let sequence): return .list(sequence.map { source($0, depth: depth + 1) })
        case .scalar(let scalar): return .text(scalar.string)
        default: return .text("")
        }
    }
}
