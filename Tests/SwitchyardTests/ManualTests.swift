import Testing

@testable import Switchyard

@Suite("Help and manual")
struct ManualTests {
    @Test("every command's help has an example that begins with the command")
    func examples() {
        let entries = CommandTree.entries
        #expect(entries.count > 20)
        for entry in entries where !entry.hasChildren {
            let words = entry.help.split(whereSeparator: \.isWhitespace).joined(separator: " ")
            // The console is what runs without a command.
            let typed = entry.path == "switchyard console" ? "switchyard" : entry.path
            #expect(words.contains("Example: \(typed)"), "\(entry.path) --help shows no example")
        }
    }

    @Test("the manual names every command, every key of the configuration and every exit code")
    func manual() {
        let page = ManualPage.text
        for entry in CommandTree.entries {
            #expect(page.contains(".SS \(entry.path.replacing("-", with: "\\-"))\n"), "\(entry.path)")
        }
        for setting in SettingTable.settings { #expect(page.contains(".B \(setting.key)\n"), "\(setting.key)") }
        for (code, _) in ManualPage.exitStatus { #expect(page.contains(".B \(code)\n")) }
    }
}
