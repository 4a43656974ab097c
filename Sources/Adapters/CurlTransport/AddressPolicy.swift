/// Which addresses may be connected to. Judged on the address itself just before connecting, so neither a name that
/// resolves to an inner address nor one that changes its mind gets through (server-side request forgery).
package struct AddressPolicy: Hashable, Sendable {
    /// Always permitted, private or not.
    package var allowed: [AddressBlock]
    /// Whether public addresses that are not listed are permitted.
    package var permitsUnlistedPublic: Bool

    package init(allowed: [AddressBlock], permitsUnlistedPublic: Bool) {
        self.allowed = allowed
        self.permitsUnlistedPublic = permitsUnlistedPublic
    }

    /// Everything but private, local and reserved ranges.
    package static let publicOnly = AddressPolicy(allowed: [], permitsUnlistedPublic: true)
    /// This machine and nothing else.
    package static let loopbackOnly = AddressPolicy(allowed: AddressBlock.loopback, permitsUnlistedPublic: false)

    package func permits(_ address: IPAddress) -> Bool {
        if allowed.contains(where: { $0.contains(address) }) { return true }
        return permitsUnlistedPublic && !address.isReserved
    }
}

/// An IPv4 or IPv6 address. An IPv4 address written as IPv6 (mapped, NAT64) is the IPv4 address it means.
package enum IPAddress: Hashable, Sendable, CustomStringConvertible {
    case v4(UInt32)
    case v6(high: UInt64, low: UInt64)

    /// 4 or 16 bytes in network order; nil for another count.
    package init?(bytes: [UInt8]) {
        switch bytes.count {
        case 4: self = .v4(bytes.reduce(0) { $0 << 8 | UInt32($1) })
        case 16:
            let high = bytes[..<8].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            let low = bytes[8...].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            let isMapped = high == 0 && low >> 32 == 0xFFFF
            let isTranslated = high == 0x0064_FF9B_0000_0000 && low >> 32 == 0
            self = isMapped || isTranslated ? .v4(UInt32(truncatingIfNeeded: low)) : .v6(high: high, low: low)
        default: return nil
        }
    }

    /// Not for use across the open internet: private, loopback, link-local, multicast, documentation, tunnels to any of
    /// them. Source: IANA special-purpose address registries.
    var isReserved: Bool { AddressBlock.reserved.contains { $0.contains(self) } }

    package var description: String {
        switch self {
        case .v4(let bits):
            return (0..<4).reversed().map { String(bits >> (8 * UInt32($0)) & 255) }.joined(separator: ".")
        case .v6(let high, let low):
            let groups = [high, low].flatMap { half in [48, 32, 16, 0].map { half >> UInt64($0) & 0xFFFF } }
            return groups.map { String($0, radix: 16) }.joined(separator: ":")
        }
    }
}
