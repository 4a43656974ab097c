/// Where a building is pinged (ledger BMS-13): `health` beside its endpoint, that is the endpoint's last path segment replaced
/// and its query dropped, as a browser resolves the relative address `health` (RFC 3986 §5.2).
/// `http://host/soap/building?x=1` gives `http://host/soap/health`, `http://host` gives `http://host/health`.
/// Nil unless the endpoint is an absolute http or https URL.
func healthURL(besides endpoint: String) -> String? {
    let address = endpoint.prefix { $0 != "?" && $0 != "#" }
    guard let schemeEnd = address.firstRange(of: "://"),
        ["http", "https"].contains(address[..<schemeEnd.lowerBound].lowercased())
    else { return nil }
    let rest = address[schemeEnd.upperBound...]
    guard let first = rest.first, first != "/" else { return nil }
    guard let slash = rest.lastIndex(of: "/") else { return address + "/health" }
    return address[...slash] + "health"
}
