/// What of a setting's text is secret: where it must not stand, and what may be shown of it (ARCHITECTURE §7, SEC-07).
extension Setting {
    /// Whether the text holds a secret itself, rather than the name of a file that does.
    func holdsSecret(_ text: String) -> Bool {
        if kind == .secret { return !text.isEmpty && !text.hasPrefix("file:") }
        return text.split(separator: ",").contains { holdsPassword(url: $0) }
    }

    /// As it may be shown to anybody. Of a URL that things are posted to also path and query stay hidden: many services put
    /// what proves the sender there.
    func shown(_ text: String) -> String {
        if kind == .secret { return text.isEmpty ? "" : "(secret)" }
        return text.split(separator: ",", omittingEmptySubsequences: false).map { item in
            URLText(item)?.shown(hidesPath: hidesPath) ?? String(item)
        }.joined(separator: ",")
    }

    private var hidesPath: Bool { key == "callback.url" || key == "escalation.url" }
}

/// Whether a URL names a password. False for what is no URL.
func holdsPassword(url: some StringProtocol) -> Bool { URLText(Substring(url))?.hasPassword ?? false }

/// The parts of `scheme://[user[:password]@]host[:port][/path][?query]`, taken apart so that a malformed one shows less
/// rather than more.
private struct URLText {
    private var scheme: Substring
    private var user: Substring?
    private var host: Substring
    /// From the first `/`, `?` or `#` on.
    private var tail: Substring
    let hasPassword: Bool

    /// Nil for what is no URL.
    init?(_ text: Substring) {
        guard let mark = text.firstRange(of: "://") else { return nil }
        scheme = text[..<mark.upperBound]
        let rest = text[mark.upperBound...]
        let end = rest.firstIndex { "/?#".contains($0) } ?? rest.endIndex
        var authority = rest[..<end]
        tail = rest[end...]
        // A password may hold an unencoded `/` or `@`: what looks like a port and is none counts as one.
        if let at = authority.lastIndex(of: "@") {
            let login = authority[..<at]
            user = login.prefix { $0 != ":" }
            hasPassword = login.contains(":")
            authority = authority[authority.index(after: at)...]
        } else if !authority.hasPrefix("["), let colon = authority.firstIndex(of: ":"),
            !authority[authority.index(after: colon)...].allSatisfy(\.isNumber)
        {
            user = authority[..<colon]
            hasPassword = true
            (authority, tail) = ("…", "")
        } else {
            hasPassword = false
        }
        host = authority
    }

    func shown(hidesPath: Bool) -> String {
        let login = user.map { $0 + (hasPassword ? ":(secret)@" : "@") } ?? ""
        let path = hidesPath && tail.count > 1 ? "/(secret)" : tail.prefix { $0 != "?" && $0 != "#" }
        let query = !hidesPath && path.count < tail.count ? "?(secret)" : ""
        return "\(scheme)\(login)\(host)\(path)\(query)"
    }
}
