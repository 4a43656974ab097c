import Glibc

/// A range of addresses, e.g. `10.1.0.0/16` or `fd00::/8`; a single address is a block of one.
package struct AddressBlock: Hashable, Sendable {
    /// Any address of the block; as written.
    let sample: IPAddress
    private let prefix: Int

    /// Nil unless the text is an address, or an address, `/` and a prefix length that fits it.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = parts.first.flatMap({ parseAddress(String($0)) }) else { return nil }
        let width = if case .v4 = address { 32 } else { 128 }
        guard let prefix = parts.count == 1 ? width : Int(parts[1]), (0...width).contains(prefix) else { return nil }
        sample = address
        self.prefix = prefix
    }

    package func contains(_ address: IPAddress) -> Bool {
        switch (sample, address) {
        case (.v4(let mine), .v4(let other)):
            return prefix == 0 || (mine ^ other) >> UInt32(32 - prefix) == 0
        case (.v6(let high, let low), .v6(let otherHigh, let otherLow)):
            guard prefix > 64 else { return prefix == 0 || (high ^ otherHigh) >> UInt64(64 - prefix) == 0 }
            return high == otherHigh && (low ^ otherLow) >> UInt64(128 - prefix) == 0
        default:
            return false
        }
    }

    package static let loopback = blocks(["127.0.0.0/8", "::1"])

    static let reserved = blocks([
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
        "224.0.0.0/4", "240.0.0.0/4",
        "::/8", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", "5f00::/16",
        "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
    ])

    private static func blocks(_ texts: [String]) -> [AddressBlock] { texts.compactMap { AddressBlock($0) } }
}

private func parseAddress(_ text: String) -> IPAddress? {
    var v4 = in_addr()
    if inet_pton(AF_INET, text, &v4) == 1 { return withUnsafeBytes(of: v4) { IPAddress(bytes: Array($0)) } }
    var v6 = in6_addr()
    if inet_pton(AF_INET6, text, &v6) == 1 { return withUnsafeBytes(of: v6) { IPAddress(bytes: Array($0)) } }
    return nil
}
