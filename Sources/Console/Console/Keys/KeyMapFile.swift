import Screen
import Yams

/// `$XDG_CONFIG_HOME/switchyard/keys.yaml`: a map of action names to a key or a list of keys; `[]` takes all keys away.
///
///     sort-next: [s, F5]
///     quit: C-q
package enum KeyMapFile {
    /// The standard map with the file's lines over it. Every problem is named with its line; a line with a problem is
    /// left out and the rest holds, so a bad file never locks anybody out.
    package static func parse(_ text: String) -> (map: KeyMap, problems: [String]) {
        let root: Node?
        do {
            root = try Yams.compose(yaml: text)
        } catch {
            return (.standard, [problem(of: error)])
        }
        guard let root else { return (.standard, []) }
        guard case .mapping(let mapping) = root else {
            return (.standard, ["line 1: expected `action: key` lines"])
        }
        var map = KeyMap.standard
        var problems: [String] = []
        var lines: [Action: Int] = [:]
        for (key, value) in mapping { read(key, value, into: &map, lines: &lines, problems: &problems) }
        return settle(map, lines: lines, problems: problems)
    }

    private static func problem(of error: any Error) -> String {
        guard let error = error as? YamlError else { return "cannot be read: \(error)" }
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            return "line \(mark.line): \(problem)"
        default: return "cannot be read: \(error)"
        }
    }

    private static func read(
        _ key: Node, _ value: Node, into map: inout KeyMap, lines: inout [Action: Int], problems: inout [String]
    ) {
        let line = key.mark?.line ?? 0
        guard let name = key.string, let action = Action(rawValue: name) else {
            problems.append("line \(line): no action \(key.string ?? "?"): `switchyard keys` lists them")
            return
        }
        guard lines[action] == nil else {
            problems.append("line \(line): \(name) stands twice, first on line \(lines[action] ?? 0)")
            return
        }
        let names: [String]
        switch value {
        case .scalar(let scalar): names = [scalar.string]
        case .sequence(let sequence): names = sequence.compactMap { $0.scalar?.string }
        default:
            problems.append("line \(line): \(name) needs a key or a list of keys")
            return
        }
        var chords: [KeyPress] = []
        for name in names {
            guard let chord = KeyPress(parsing: name) else {
                problems.append("line \(line): no key \(name): write a character, C-x, M-x, F1, Enter, Space, PgDn …")
                continue
            }
            chords.append(chord)
        }
        lines[action] = line
        if chords.count == names.count { map.assign(chords, to: action) }
    }

    /// A conflict costs the chord of whichever stands in the file, so that what was not touched keeps working.
    private static func settle(
        _ map: KeyMap, lines: [Action: Int], problems: [String]
    ) -> (map: KeyMap, problems: [String]) {
        var map = map
        var problems = problems
        for conflict in map.conflicts() {
            let loser =
                (lines[conflict.second] ?? -1) >= (lines[conflict.first] ?? -1) ? conflict.second : conflict.first
            let winner = loser == conflict.first ? conflict.second : conflict.first
            let other = lines[winner].map { "on line \($0)" } ?? "by default"
            let line = lines[loser].map { "line \($0): " } ?? ""
            problems.append(
                "\(line)\(conflict.chord) for \(loser.rawValue) already means \(winner.rawValue) \(other)")
            let keys = map.rows.first { $0.action == loser }?.keys ?? []
            map.assign(keys.filter { $0 != conflict.chord }, to: loser)
        }
        return (map, problems)
    }
}
