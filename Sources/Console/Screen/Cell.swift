/// One cell of the grid in eight bytes.
package struct Cell: Hashable, Sendable {
    /// A scalar, ``continuation``, or an index into the grid's clusters marked by ``clusterFlag``.
    var content: UInt32
    package internal(set) var role: Role
    /// Whose background lies under the character; ``Role/text`` is the screen's own.
    package internal(set) var ground: Role
    package internal(set) var attributes: Attributes

    static let clusterFlag: UInt32 = 0x8000_0000
    /// The right half of a wide character.
    static let continuation: UInt32 = 0
    static let blank = Cell(content: 0x20, role: .text, ground: .text, attributes: [])

    package var isContinuation: Bool { content == Self.continuation }
    package var isBlank: Bool { content == 0x20 }
    var isCluster: Bool { content & Self.clusterFlag != 0 }

    package var style: Style { Style(role: role, ground: ground, attributes: attributes) }
}

/// Everything about a cell but its character. Resolved to colours by ``Theme/look(of:)``.
package struct Style: Hashable, Sendable {
    package let role: Role
    package let ground: Role
    package let attributes: Attributes

    package init(role: Role, ground: Role = .text, attributes: Attributes = []) {
        self.role = role
        self.ground = ground
        self.attributes = attributes
    }
}
