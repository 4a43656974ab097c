/// What breaks the rule "expand first, contract in a later release" (ledger REL-10), one sentence each; empty when the
/// list is in order. Pure; looks at the words of the scripts, so write migrations one plain statement after another.
package func lintMigrations(_ migrations: [Migration]) -> [String] {
    var findings: [String] = []
    var tables: Set<String> = []
    for (index, migration) in migrations.enumerated() {
        if migration.number != index + 1 {
            findings.append("migration \(migration.number) must have number \(index + 1)")
        }
        if migration.down.allSatisfy(\.isWhitespace) {
            findings.append("migration \(migration.number) has no way back")
        }
        if case .contract(let earlier) = migration.phase,
            !migrations.contains(where: { $0.number == earlier && $0.number < migration.number && $0.phase == .expand })
        {
            findings.append("migration \(migration.number) contracts after \(earlier), which is no earlier expand")
        }
        let own = statements(migration.up)
        if migration.phase == .expand {
            findings += own.compactMap { breach(in: $0, tables: tables, number: migration.number) }
        }
        for words in own where words.starts(with: ["CREATE", "TABLE"]) { tables.insert(tableName(words)) }
    }
    return findings
}

/// Upper-case words of each statement; punctuation separates.
private func statements(_ script: String) -> [[String]] {
    let lines = script.split(whereSeparator: \.isNewline).map { line in
        line.range(ofComment: "--").map { line[..<$0] } ?? line
    }
    return lines.joined(separator: " ").split(separator: ";").map { statement in
        statement.uppercased().split { !($0.isLetter || $0.isNumber || $0 == "_") }.map(String.init)
    }.filter { !$0.isEmpty }
}

private func tableName(_ words: [String]) -> String {
    words.dropFirst(2).first { !["IF", "NOT", "EXISTS"].contains($0) } ?? ""
}

private func breach(in words: [String], tables: Set<String>, number: Int) -> String? {
    func has(_ sequence: String...) -> Bool { words.indices.contains { words[$0...].starts(with: sequence) } }
    if words.first == "DROP" { return "migration \(number) drops something: do that in a contract migration" }
    if words.first == "DELETE" { return "migration \(number) deletes rows: do that in a contract migration" }
    if words.first == "ALTER" {
        if has("RENAME") { return "migration \(number) renames: add the new name, copy, and drop the old one later" }
        if has("DROP") { return "migration \(number) drops a column: do that in a contract migration" }
        if has("NOT", "NULL") {
            return "migration \(number) adds a NOT NULL column: add it nullable, backfill, tighten later"
        }
    }
    if has("CREATE", "UNIQUE", "INDEX"), let on = words.firstIndex(of: "ON"), on + 1 < words.count,
        tables.contains(words[on + 1])
    {
        return "migration \(number) makes existing rows of \(words[on + 1]) unique: do that in a contract migration"
    }
    return nil
}

extension Substring {
    fileprivate func range(ofComment mark: String) -> Index? {
        indices.first { self[$0...].hasPrefix(mark) }
    }
}
