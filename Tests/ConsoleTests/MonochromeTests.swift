import EnergyModel
import Ports
import Screen
import Testing

@testable import Console

@Suite("Without colour") struct MonochromeTests {
    /// One hexadecimal digit a cell: bold 1, dim 2, underline 4, reverse 8; `.` plain.
    static func golden(_ desk: Desk) -> String {
        let palette = Palette(.plain, depth: .mono)
        let grid = desk.grid
        let overlay = (0..<grid.size.rows).map { row -> String in
            let line = (0..<grid.size.columns).map { x -> Character in
                let cell = grid[x, row]
                let attributes = palette.look(of: cell.style).attributes.rawValue
                let isSeen = !cell.isBlank || attributes & 12 != 0
                if !isSeen { return " " }
                return attributes == 0 ? "." : Character(String(attributes, radix: 16))
            }
            return String(String(line).reversed().drop { $0 == " " }.reversed())
        }
        return (desk.text + ["----"] + overlay).joined(separator: "\n") + "\n"
    }

    @Test("what is wrong is told by shape and words, colour or not")
    func shapes() {
        let desk = Desk()
        #expect(desk.shows("○  Civic Centre"))
        #expect(desk.shows("×  Depot North"))
        #expect(desk.shows("▶  Mill 4"))
        #expect(desk.shows("!  Harbor Hospital"))
        #expect(desk.text.contains { $0.contains("Depot North") && $0.contains("bad") && $0.contains("--") })
        #expect(desk.text.contains { $0.contains("Civic Centre") && $0.contains("stale") })
    }
}
