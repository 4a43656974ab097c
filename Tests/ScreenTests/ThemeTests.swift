import Foundation
import Testing
import Yams

@testable import Screen

@Suite struct ThemeTests {
    static let names = ["control-room", "daylight", "high-contrast", "deuteranopia", "tritanopia", "mono"]
    /// What a terminal of the usual kind shows where a theme leaves the background to it.
    static let darkTerminal = Color(red: 0x15, green: 0x17, blue: 0x1C)

    static func source(_ name: String) -> ThemeSource? {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        guard let text = try? String(contentsOf: root.appending(path: "themes/\(name).yaml"), encoding: .utf8),
            let node = try? Yams.compose(yaml: text)
        else { return nil }
        return tree(node)
    }

    static func tree(_ node: Node) -> ThemeSource {
        switch node {
        case .mapping(let mapping):
            .map(Dictionary(mapping.map { ($0.key.string ?? "", tree($0.value)) }) { $1 })
        case .sequence(let sequence): .list(sequence.map(tree))
        case .scalar(let scalar): .text(scalar.string)
        case .alias: .text("")
        }
    }

    static func theme(_ name: String) throws -> Theme {
        let read = Theme.read(try #require(source(name)), parent: source)
        #expect(read.problems.isEmpty, "\(read.problems)")
        return read.theme
    }

    private func color(_ theme: Theme, _ role: Role) -> (text: Color, ground: Color)? {
        let screen = theme[.text].background ?? Self.darkTerminal
        guard let text = theme[role].foreground ?? theme[.text].foreground else { return nil }
        return (text, theme[role].background ?? screen)
    }

    @Test("every shipped theme resolves every role without a problem", arguments: names)
    func resolves(_ name: String) throws {
        let theme = try Self.theme(name)
        #expect(theme.name == name)
        guard name != "mono" else { return }
        for role in Role.allCases { #expect(color(theme, role) != nil, "\(role.name)") }
    }

    @Test("alarm priorities differ from each other and from text without colour", arguments: names)
    func priorities(_ name: String) throws {
        let theme = try Self.theme(name)
        let looks = [Role.text, .alarmHigh, .alarmMedium, .alarmLow].map { theme[$0].plainAttributes }
        #expect(Set(looks).count == 4)
        for depth in ColorDepth.allCases {
            let palette = Palette(theme, depth: depth)
            let shown = [Role.text, .alarmHigh, .alarmMedium, .alarmLow].map { palette.look(of: Style(role: $0)) }
            #expect(Set(shown).count == 4, "\(depth)")
        }
    }

    @Test("a selection shows in every depth of colour", arguments: names)
    func selection(_ name: String) throws {
        let theme = try Self.theme(name)
        for depth in ColorDepth.allCases {
            let palette = Palette(theme, depth: depth)
            let plain = palette.look(of: Style(role: .text))
            let selected = palette.look(of: Style(role: .text, ground: .selection))
            #expect(plain.background != selected.background || selected.attributes.contains(.reverse), "\(depth)")
            for role in Role.allCases {
                let look = palette.look(of: Style(role: role))
                #expect(look.foreground == nil || look.foreground != look.background || depth == .palette256, "\(role)")
            }
        }
    }

    @Test("words can be read: 4.5:1, also on a selection; high contrast 7:1", arguments: names.filter { $0 != "mono" })
    func contrast(_ name: String) throws {
        let theme = try Self.theme(name)
        let least = name == "high-contrast" ? 7.0 : 4.5
        let quiet: Set<Role> = [.border, .rule, .chartBand, .chartGrid, .barTrack, .scrollbar, .barFill, .sparkline]
        for role in Role.allCases where name == "high-contrast" || !quiet.contains(role) {
            let pair = try #require(color(theme, role))
            let ratio = pair.text.contrast(with: pair.ground)
            #expect(ratio >= least, "\(role.name) \(ratio)")
        }
        let selection = try #require(color(theme, .selection))
        #expect(selection.text.contrast(with: selection.ground) >= least)
    }

    @Test(
        "contrast is WCAG's",
        arguments: [
            ("#000000", "#ffffff", 21.0), ("#777777", "#ffffff", 4.48), ("#ff0000", "#ffffff", 4.0),
            ("#123456", "#123456", 1.0),
        ])
    func ratio(_ a: String, _ b: String, _ ratio: Double) throws {
        let pair = (try #require(Color(hex: a)), try #require(Color(hex: b)))
        #expect(abs(pair.0.contrast(with: pair.1) - ratio) < 0.01)
    }

    @Test("a broken theme names its errors by key and still gives every role")
    func broken() {
        let yaml: ThemeSource = .map([
            "name": .list([]), "inherits": .text("nowhere"), "colour": .text("x"),
            "palette": .map(["ash": .text("grey"), "red": .text("#ff0000")]),
            "roles": .map([
                "text": .text("red"), "alarm.hihg": .text("red"),
                "title": .map(["fg": .text("rde"), "size": .text("2")]),
                "selection": .map(["attributes": .list([.text("blink")])]),
            ]),
        ])
        let read = Theme.read(yaml) { _ in nil }
        #expect(
            read.problems.map(\.key) == [
                "colour", "inherits", "name", "palette.ash", "roles.alarm.hihg", "roles.selection.attributes",
                "roles.title.fg", "roles.title.size",
            ])
        #expect(read.theme[.alarmHigh].foreground == Color(hex: "#ff0000"))
    }

    @Test("a role falls back along its dots, a palette change reaches inherited roles, a circle is an error")
    func inheritance() {
        let base: ThemeSource = .map([
            "inherits": .text("base"), "palette": .map(["a": .text("#111111")]), "roles": .map(["chart": .text("a")]),
        ])
        let read = Theme.read(.map(["inherits": .text("base"), "palette": .map(["a": .text("#222222")])])) { _ in base }
        #expect(read.theme[.chartLoad].foreground == Color(hex: "#222222"))
        #expect(read.problems.map(\.key) == ["inherits"])
    }

    @Test(
        "nearest colours are the terminal's own",
        arguments: [
            ("#ff5f5f", 203), ("#ffffff", 231), ("#000000", 16), ("#808080", 244), ("#ffaf00", 214),
        ])
    func nearest(_ hex: String, _ code: Int) throws {
        #expect(ColorDepth.palette256.code(for: try #require(Color(hex: hex))) == code)
    }
}
