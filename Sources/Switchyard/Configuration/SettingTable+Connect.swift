extension SettingTable {
    /// Of consoles and commands that work on an engine elsewhere.
    static let connect: [Setting] = [
        Setting(
            "connect.url", .text, "",
            "the engine to work with, https://HOST:PORT or a name of connect.profiles; empty is the one in this process"
        ),
        Setting("connect.profiles", .list, "", "engines by name, north=https://north.example:8443"),
        Setting("connect.ca_file", .text, "", "PEM file of the authorities to trust in place of the system's"),
        Setting("connect.token", .secret, "", "token or session to show there; empty is what `switchyard login` kept"),
        Setting("login.issuer", .text, "", "OAuth issuer for `switchyard login --device`, https://HOST/PATH"),
        Setting("login.client_id", .text, "switchyard", "what the issuer knows this console as"),
        Setting("login.scope", .text, "openid", "scopes asked for, parted by spaces"),
        Setting("login.audience", .text, "", "audience asked for; empty asks for none"),
        Setting("login.allow", .list, "", "address blocks of the issuer, when it is not on a public address"),
    ]
}
