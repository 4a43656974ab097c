/// Keys of who may ask the gateway, and over which wire (ledger SEC-01..04).
extension SettingTable {
    static let access: [Setting] = [
        Setting(
            "http.plain", .boolean, "false", "listen without TLS where other machines reach it: behind a TLS proxy"),
        Setting("http.tls.certificate", .text, "", "PEM file of the gateway's certificate chain; empty is no TLS"),
        Setting("http.tls.key", .text, "", "PEM file of its key, of mode 0600 or 0640"),
        Setting("http.tls.client_ca", .text, "", "PEM file: only clients with a certificate of this authority"),
        Setting("http.tls.reload", shortTime, "5s", "how often these files are looked at for a change"),
        Setting("auth.jwt.issuer", .text, "", "iss of tokens that are taken; empty takes none (SEC-01)"),
        Setting("auth.jwt.audience", .text, "", "must be among their aud"),
        Setting("auth.jwt.keys_url", .text, "", "https:// URL of the issuer's key set (JWKS)"),
        Setting("auth.jwt.allow", .list, "", "private address blocks in which that URL may lie (SEC-08)"),
        Setting("auth.jwt.ca_file", .text, "", "PEM file of trusted authorities for it; empty is the system's"),
        Setting("auth.jwt.roles_claim", .text, "roles", "claim with viewer, operator or supervisor; a.b leads inside"),
        Setting(
            "auth.jwt.facilities_claim", .text, "facility_ids",
            "claim with facility ids, * for all; without it none (SEC-02)"),
        Setting("auth.jwt.name_claim", .text, "sub", "claim that is the name in the audit trail"),
        Setting("auth.jwt.leeway", .duration(.zero...(.seconds(60))), "30s", "how far clocks may be apart (SEC-01)"),
        Setting(
            "auth.jwt.keys_fresh", .duration(.seconds(1)...(.seconds(600))), "10m",
            "keys older than this are asked for again (SEC-01)"),
        Setting(
            "auth.jwt.keys_usable", .duration(.seconds(600)...(.seconds(86_400 * 30))), "1d",
            "known keys are used this long while the issuer is away"),
        Setting(
            "auth.jwt.keys_timeout", .duration(.milliseconds(100)...(.seconds(9))), "5s",
            "deadline of asking for the keys (RES-01)"),
        Setting(
            "auth.keys", .secret, "",
            "keys of programs and meters for X-API-Key: NAME=KEY, separated by commas (SEC-03)"),
        Setting(
            "auth.key_rights", .list, "",
            "what a key may: NAME=meter, viewer, operator or supervisor; viewer without a word"),
        Setting("auth.key_facilities", .list, "", "what a key may see: NAME=F-001 F-002; all without a word"),
        Setting("auth.session.idle", longTime, "12h", "a session that is not used this long is over (SEC-04)"),
        Setting("auth.session.longest", longTime, "7d", "however much it is used"),
        Setting("auth.session.longest_by_token", longTime, "1d", "the same for one begun with an issuer's token"),
        Setting("auth.session.per_name", .integer(1...10_000), "50", "sessions of one person or program at once"),
    ]

    static let accessOrders: [SettingOrder] = [
        SettingOrder("auth.session.idle", atMost: "auth.session.longest"),
        SettingOrder("auth.session.longest_by_token", atMost: "auth.session.longest"),
    ]
}
