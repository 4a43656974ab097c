extension Theme {
    /// Reads a theme. Always gives a usable one; what was not understood is listed by key and left out.
    ///
    /// ```yaml
    /// name: night
    /// inherits: control-room
    /// palette: { ash: "#9aa0a8" }
    /// roles:
    ///   text: ash                                    # a palette name or "#rrggbb"
    ///   alarm.high: { fg: "#ff5f5f", attributes: [bold] }
    ///   selection: { bg: "#2b3038" }                 # `default` is the terminal's own colour
    ///   key: { fg: ash, plain: [underline] }         # without colour
    /// ```
    /// A palette entry changed by a theme changes every inherited role that names it. `parent` finds a theme by name.
    package static func read(
        _ source: ThemeSource, parent: (String) -> ThemeSource?
    ) -> (theme: Theme, problems: [ThemeProblem]) {
        var reader = ThemeReader()
        reader.merge(source, parent: parent, depth: 0)
        return (reader.theme(), reader.problems.sorted { $0.key < $1.key })
    }
}

private struct ThemeReader {
    var problems: [ThemeProblem] = []
    private var name = "unnamed"
    private var palette: [String: Color] = [:]
    private var roles: [String: ThemeSource] = [:]

    private static let deepest = 8
    private static let attributes: [String: Attributes] = [
        "bold": .bold, "dim": .dim, "underline": .underline, "reverse": .reverse,
    ]

    mutating func merge(_ source: ThemeSource, parent: (String) -> ThemeSource?, depth: Int) {
        guard case .map(let entries) = source else {
            return report("", "A theme is a map with name, inherits, palette and roles.")
        }
        for key in entries.keys where !["name", "inherits", "palette", "roles"].contains(key) {
            report(key, "There is no such key; use name, inherits, palette or roles.")
        }
        if let inherits = entries["inherits"] { inherit(inherits, parent: parent, depth: depth) }
        if let text = entries["name"] {
            if case .text(let text) = text { name = text } else { report("name", "Write one word.") }
        }
        readPalette(entries["palette"])
        readRoles(entries["roles"])
    }

    private mutating func inherit(_ source: ThemeSource, parent: (String) -> ThemeSource?, depth: Int) {
        guard case .text(let name) = source else { return report("inherits", "Name one theme.") }
        guard depth < Self.deepest else { return report("inherits", "Themes inherit in a circle at \(name).") }
        guard let found = parent(name) else { return report("inherits", "There is no theme called \(name).") }
        merge(found, parent: parent, depth: depth + 1)
    }

    private mutating func readPalette(_ source: ThemeSource?) {
        guard let source else { return }
        guard case .map(let entries) = source else { return report("palette", "Write name: \"#rrggbb\" pairs.") }
        for (name, value) in entries {
            guard case .text(let text) = value, let color = Color(hex: text) else {
                report("palette.\(name)", "Write a colour as \"#rrggbb\", in quotes.")
                continue
            }
            palette[name] = color
        }
    }

    private mutating func readRoles(_ source: ThemeSource?) {
        guard let source else { return }
        guard case .map(let entries) = source else { return report("roles", "Write role: colour pairs.") }
        for (name, value) in entries {
            guard Self.knownKeys.contains(name) else {
                report("roles.\(name)", "There is no such role\(Self.suggestion(for: name)).")
                continue
            }
            roles[name] = value
        }
    }

    mutating func theme() -> Theme {
        var entries: [String: Theme.Look] = [:]
        for (name, source) in roles { entries[name] = look(source, role: name) }
        return Theme(name: name, entries: entries)
    }

    private mutating func look(_ source: ThemeSource, role: String) -> Theme.Look {
        let plain = Role.allCases.first { $0.name == role }?.plainAttributes ?? []
        var look = Theme.Look(attributes: [], plainAttributes: plain)
        switch source {
        case .text: look.foreground = color(source, key: "roles.\(role)")
        case .list: report("roles.\(role)", "Write a colour, or a map with fg, bg, attributes and plain.")
        case .map(let entries):
            for (key, value) in entries {
                let path = "roles.\(role).\(key)"
                switch key {
                case "fg": look.foreground = color(value, key: path)
                case "bg": look.background = color(value, key: path)
                case "attributes": look.attributes = attributes(value, key: path)
                case "plain": look.plainAttributes = attributes(value, key: path)
                default: report(path, "There is no such key; use fg, bg, attributes or plain.")
                }
            }
        }
        return look
    }

    private mutating func color(_ source: ThemeSource, key: String) -> Color? {
        guard case .text(let text) = source else {
            report(key, "Write one colour.")
            return nil
        }
        if text == "default" { return nil }
        if let color = palette[text] ?? Color(hex: text) { return color }
        let names = palette.keys.sorted().joined(separator: ", ")
        report(key, "There is no colour called \(text); write \"#rrggbb\", default, or one of the palette (\(names)).")
        return nil
    }

    private mutating func attributes(_ source: ThemeSource, key: String) -> Attributes {
        let words: [ThemeSource] = if case .list(let list) = source { list } else { [source] }
        var result: Attributes = []
        for word in words {
            if case .text(let text) = word, let attribute = Self.attributes[text] {
                result.insert(attribute)
            } else {
                report(key, "Use bold, dim, underline or reverse.")
            }
        }
        return result
    }

    private mutating func report(_ key: String, _ sentence: String) {
        let problem = ThemeProblem(key: key.isEmpty ? "theme" : key, sentence: sentence)
        if !problems.contains(problem) { problems.append(problem) }
    }

    /// Every role, and every stem that roles fall back to (`alarm`, `chart`).
    private static let knownKeys: Set<String> = {
        var keys = Set<String>()
        for role in Role.allCases {
            var key = Substring(role.name)
            keys.insert(role.name)
            while let dot = key.lastIndex(of: ".") {
                key = key[..<dot]
                keys.insert(String(key))
            }
        }
        return keys
    }()

    private static func suggestion(for name: String) -> String {
        let near = knownKeys.sorted().first { $0.hasPrefix(name.prefix(4)) && !name.isEmpty }
        return near.map { "; did you mean \($0)?" } ?? ""
    }
}
