import ArgumentParser
import Console
import Screen

struct CompletionsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "completions", abstract: "Print the completion script of a shell.",
        discussion: """
            Example: switchyard completions bash > /etc/bash_completion.d/switchyard
            """)
    @Argument(help: "bash, zsh or fish.") var shell: Shell

    enum Shell: String, ExpressibleByArgument, CaseIterable { case bash, zsh, fish }

    func run() throws {
        let kind: CompletionShell =
            switch shell {
            case .bash: .bash
            case .zsh: .zsh
            case .fish: .fish
            }
        try Output.write(Array(SwitchyardCommand.completionScript(for: kind).utf8))
    }
}

struct ManCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "man", abstract: "Print the manual page, made from the same tables as help and keys.",
        discussion: """
            Example: switchyard man | man -l -
            """)

    func run() throws { try Output.write(Array(ManualPage.text.utf8)) }
}

/// `switchyard(1)` in roff, from the tables of commands, keys and settings.
enum ManualPage {
    static var text: String {
        var page = #".TH SWITCHYARD 1 "" "switchyard \#(SwitchyardCommand.version)" "Switchyard""# + "\n"
        page += section("NAME", ["switchyard \\- \(roff(SwitchyardCommand.configuration.abstract))"])
        page += section("DESCRIPTION", [roff(SwitchyardCommand.configuration.discussion)])
        page += ".SH COMMANDS\n"
        for command in CommandTree.entries {
            page += ".SS \(roff(command.path))\n.nf\n\(roff(command.help))\n.fi\n"
        }
        page += section("CONFIGURATION", settings)
        page += section("KEYS", keys)
        page += section("EXIT STATUS", exitCodes)
        return page
    }

    private static var settings: [String] {
        ["Each key also as an environment variable, ingest.queue_cap as SWITCHYARD_INGEST_QUEUE_CAP."]
            + SettingTable.settings.map { setting in
                let fallback = setting.fallback.isEmpty ? "empty" : setting.fallback
                return ".TP\n.B \(roff(setting.key))\n\(roff(setting.help)). Allowed: \(roff(setting.kind.allowed)). "
                    + "Default: \(roff(fallback))."
            }
    }

    private static var keys: [String] {
        KeyMapFile.parse("").0.table().map { row in
            ".TP\n.B \(roff(row.keys.map(\.description).joined(separator: ", ")))\n\(roff(row.summary))"
        }
    }

    private static let exitCodes = exitStatus.map { ".TP\n.B \($0.code)\n\(roff($0.meaning))" }

    /// What every command's exit code says (CONSOLE §4).
    static let exitStatus: [(code: Int32, meaning: String)] = [
        (0, "Done."),
        (CommandFailure.Code.failed.rawValue, "Refused or failed; a sentence on standard error says what to do."),
        (CommandFailure.Code.usage.rawValue, "The command line or the configuration is wrong."),
        (CommandFailure.Code.unreachable.rawValue, "No engine runs there, or it does not answer."),
    ]

    private static func section(_ title: String, _ paragraphs: [String]) -> String {
        ".SH \(title)\n" + paragraphs.joined(separator: "\n") + "\n"
    }

    /// A backslash is written `\e`; a line must not begin with a control character of roff.
    private static func roff(_ text: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            let safe = line.map { $0 == "\\" ? "\\e" : $0 == "-" ? "\\-" : String($0) }.joined()
            return safe.hasPrefix(".") || safe.hasPrefix("'") ? "\\&" + safe : safe
        }.joined(separator: "\n")
    }
}

/// Every command with its help, a parent before its children.
enum CommandTree {
    struct Entry {
        /// As typed: `switchyard dlq list`.
        let path: String
        let help: String
        let hasChildren: Bool
    }

    static var entries: [Entry] { below(SwitchyardCommand.self, path: []) }

    private static func below(_ command: any ParsableCommand.Type, path: [String]) -> [Entry] {
        let path = path + [command._commandName]
        let children = command.configuration.subcommands
        let help = SwitchyardCommand.helpMessage(for: command, columns: 78)
        let entry = Entry(path: path.joined(separator: " "), help: help, hasChildren: !children.isEmpty)
        return [entry] + children.flatMap { below($0, path: path) }
    }
}
