import Testing

@testable import CurlTransport

@Suite("Address policy")
struct AddressPolicyTests {
    @Test(
        "private, local and reserved addresses are refused unless listed",
        arguments: [
            ("10.0.0.1", false), ("172.15.255.255", true), ("172.16.0.0", false), ("172.31.255.255", false),
            ("172.32.0.0", true),
            ("192.168.3.4", false), ("169.254.169.254", false), ("100.64.0.1", false), ("100.128.0.1", true),
            ("0.1.2.3", false),
            ("127.9.9.9", false), ("224.0.0.1", false), ("255.255.255.255", false), ("8.8.8.8", true),
            ("1.1.1.1", true),
            ("::1", false), ("::", false), ("fe80::1", false), ("fd12::3", false), ("ff02::1", false),
            ("2001:db8::1", false),
            ("2606:4700::1111", true), ("2a00:1450::1", true), ("::ffff:10.0.0.1", false), ("::ffff:8.8.8.8", true),
            ("64:ff9b::a00:1", false), ("64:ff9b::808:808", true), ("2002:a00:1::", false),
        ])
    func publicOnly(text: String, permitted: Bool) throws {
        let address = try #require(AddressBlock(text)?.sample)
        #expect(AddressPolicy.publicOnly.permits(address) == permitted)
        let listed = AddressPolicy(allowed: [try #require(AddressBlock(text))], permitsUnlistedPublic: false)
        #expect(listed.permits(address))
        #expect(!AddressPolicy(allowed: [], permitsUnlistedPublic: false).permits(address))
    }

    @Test(
        "blocks hold their own range",
        arguments: [
            ("10.1.0.0/16", "10.1.255.255", true), ("10.1.0.0/16", "10.2.0.0", false), ("0.0.0.0/0", "200.1.1.1", true),
            ("fd00::/8", "fdff::1", true), ("fd00::/8", "fe00::1", false), ("2001:db8::4/127", "2001:db8::5", true),
            ("2001:db8::4/127", "2001:db8::6", false), ("0.0.0.0/0", "::1", false), ("::/0", "1.2.3.4", false),
        ])
    func blocks(block: String, address: String, inside: Bool) throws {
        let address = try #require(AddressBlock(address)?.sample)
        #expect(try #require(AddressBlock(block)).contains(address) == inside)
    }

    @Test(
        "nonsense is no block",
        arguments: ["", "/8", "10.0.0.0/33", "10.0.0/8", "::/129", "example.org", "10.0.0.0/-1", "10.0.0.0/"])
    func nonsense(text: String) { #expect(AddressBlock(text) == nil) }
}
