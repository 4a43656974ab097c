import EnergyModel
import Ports
import Screen
import Testing

@testable import Console

@Suite("Trace tree") struct TraceTreeTests {
    private static func span(
        _ id: UInt64, under parent: UInt64?, at milliseconds: Int64, _ microseconds: Int64 = 1_000
    ) -> TraceSpan {
        TraceSpan(
            trace: Fleet.traceID, id: SpanID(id), parent: parent.map { SpanID($0) }, name: "s\(id)", component: .link,
            kind: .internal, start: Fleet.now.advanced(by: .milliseconds(milliseconds)), microseconds: microseconds,
            status: .ok, attributes: [])
    }

    @Test("children stand under their parent by start; what has no parent here stands at the top")
    func order() {
        let tree = TraceTree([
            Self.span(4, under: 2, at: 9), Self.span(3, under: 1, at: 20), Self.span(2, under: 1, at: 5),
            Self.span(1, under: 77, at: 0), Self.span(5, under: nil, at: 30),
        ])
        #expect(tree.rows.map { "\($0.depth)\($0.span.name)" } == ["0s1", "1s2", "2s4", "1s3", "0s5"])
        #expect(tree.rows.map(\.offset) == [0, 5_000, 9_000, 20_000, 30_000])
        #expect(tree.microseconds == 31_000)
    }

    @Test("no span is lost and none comes twice, whatever the parents say: itself, in circles, deep, many")
    func hostile() {
        let circle = [Self.span(1, under: 2, at: 0), Self.span(2, under: 1, at: 1), Self.span(3, under: 3, at: 2)]
        #expect(TraceTree(circle).rows.count == 3)
        let chain = (1...2_000).map { Self.span(UInt64($0), under: UInt64($0) - 1, at: Int64($0)) }
        let deep = TraceTree(chain)
        #expect(deep.rows.count == 2_000 && deep.rows.map(\.depth).max() == 32)
        #expect(TraceTree([]).rows.isEmpty)
    }

    @Test("every bar lies inside its column and is seen, however short the span")
    func bars() {
        let tree = TraceTree([
            Self.span(1, under: nil, at: 0, 3_600_000_000), Self.span(2, under: 1, at: 3_599_999, 1),
            Self.span(3, under: 1, at: 0, 0), Self.span(4, under: 1, at: 1_800_000, 900_000_000),
        ])
        for width in [1, 7, 20, 200] {
            for row in tree.rows {
                let bar = tree.bar(row, width: width)
                #expect(bar.lowerBound >= 0 && bar.upperBound <= width && !bar.isEmpty, "\(row.span.name) in \(width)")
            }
        }
        #expect(tree.bar(tree.rows[0], width: 20) == 0..<20)
        #expect(tree.rows.first { $0.span.name == "s4" }.map { tree.bar($0, width: 20) } == 10..<15)
    }

    @Test(
        "durations read well at every size",
        arguments: [
            (0, "0.00 ms"), (412, "0.41 ms"), (18_349, "18.3 ms"), (4_200_000, "4.20 s"), (725_000_000, "12 min 5 s"),
            (10_920_000_000, "3 h 2 min"),
        ] as [(Int64, String)])
    func texts(microseconds: Int64, text: String) { #expect(TraceTree.text(microseconds: microseconds) == text) }

    @Test("t on an entry opens its trace, Esc goes back; an entry without one says so; the palette finds it by id")
    func keys() {
        var desk = Desk()
        desk.press("9 v v v v")
        desk.press("t")
        #expect(desk.state.pane.route == .trace(Fleet.traceID))
        #expect(desk.shows("POST /webhooks/utility/"))
        #expect(desk.shows("1 failed"))
        desk.press("G")
        #expect(desk.state.pane.journal.trace.current?.span.name == "dr.callback")
        desk.press("Esc")
        #expect(desk.state.pane.route == .journal)
        desk.press("v v")
        desk.press("t")
        #expect(desk.shows("This entry belongs to no trace"))
        desk.run("trace 0AF7651916CD43DD8448EB211C80319C")
        #expect(desk.state.pane.route == .trace(Fleet.traceID))
        desk.run("trace 17")
        #expect(desk.shows("32 hexadecimal digits"))
    }

    @Test("the level of a component is set from the palette, with what Enter will do said first")
    func logLevel() {
        var desk = Desk()
        desk.run("log level engine.response debug")
        guard case .submit(let command)? = desk.performed.last?.work else {
            Issue.record("nothing was submitted")
            return
        }
        #expect(command.action == .setLogLevel(component: "engine.response", level: .debug))
        desk.run("log level engine configured")
        desk.run("log level engine loud")
        #expect(desk.performed.count == 2)
    }
}
