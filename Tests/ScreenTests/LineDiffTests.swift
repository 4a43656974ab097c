import Testing

@testable import Screen

@Suite struct LineDiffTests {
    private func unified(_ old: [String], _ new: [String], _ width: Int = 60) -> [String] {
        LineDiff(old: old, new: new).unified(width: width).map { $0.map(\.text).joined() }
    }

    @Test("a change shows both lines with their signs, and underlines what changed in them")
    func change() {
        let diff = LineDiff(old: ["{", "  \"kw\": 12.5,", "}"], new: ["{", "  \"kw\": 13.5,", "}"])
        #expect(
            diff.unified(width: 60).map { $0.map(\.text).joined() }
                == ["  {", "-   \"kw\": 12.5,", "+   \"kw\": 13.5,", "  }"])
        let marked = diff.unified(width: 60)[2].filter { $0.attributes.contains(.underline) }
        #expect(marked.map(\.text) == ["3"] && marked[0].role == .diffAdded)
        #expect((diff.removed, diff.added) == (1, 1) && !diff.isSame)
    }

    @Test(
        "lines come, go, and stay",
        arguments: [
            ([], ["a"], ["+ a"]), (["a"], [], ["- a"]), (["a"], ["a"], ["  a"]),
            (["a", "b", "c"], ["a", "c"], ["  a", "- b", "  c"]),
            (["a", "c"], ["a", "b", "c"], ["  a", "+ b", "  c"]),
            (["a"], ["a\u{1B}"], ["- a", "+ a\\x1B"]), (["é"], ["e\u{301}"], ["- é", "+ e\\u{301}"]),
            ([""], ["x"], ["- ", "+ x"]),
        ] as [([String], [String], [String])])
    func lines(_ old: [String], _ new: [String], _ wanted: [String]) {
        #expect(unified(old, new) == wanted)
    }

    @Test("three lines stand round a change, the rest is counted")
    func context() {
        let old = (1...20).map { "line \($0)" }
        var new = old
        new[9] = "other"
        #expect(
            unified(old, new) == [
                "  … 6 lines are the same", "  line 7", "  line 8", "  line 9", "- line 10", "+ other", "  line 11",
                "  line 12", "  line 13", "  … 7 lines are the same",
            ])
    }

    @Test("side by side the sides keep to their halves, however long their lines are")
    func sideBySide() {
        let diff = LineDiff(old: ["same", "short"], new: ["same", String(repeating: "long ", count: 8)])
        let rows = diff.sideBySide(width: 43).map { $0.map(\.text).joined() }
        #expect(rows[0] == "  same               │   same")
        #expect(rows[1].hasPrefix("- short              │ + long long long"))
        #expect(rows.count == 4 && rows.allSatisfy { CharacterWidth.columns($0) <= 43 })
    }

    @Test("old and new can both be read off, and thousands of changed lines cost no wait")
    func whole() {
        let old = (0..<5000).map { "a\($0 % 97)" }
        let new = (0..<5000).map { "b\($0 % 89)" } + ["tail"]
        let diff = LineDiff(old: old, new: new)
        #expect((diff.removed, diff.added) == (5000, 5001))
        #expect(diff.unified(width: 40).last?.map(\.text).joined() == "  … more than can be read here")
        for (left, right) in [(["a", "b", "a", "c"], ["b", "a", "a", "d"]), (["x"], ["y", "x", "z"])] {
            var (one, two): ([String], [String]) = ([], [])
            for piece in LineDiff(old: left, new: right).pieces {
                switch piece {
                case .same(let lines):
                    one += lines.map(\.text)
                    two += lines.map(\.text)
                case .changed(let old, let new):
                    one += old.map(\.text)
                    two += new.map(\.text)
                }
            }
            #expect(one == left && two == right)
        }
    }
}
