/// What `/` understands. Terms are parted by spaces and all must hold; double quotes keep spaces together.
///
///     text          any field contains it, whatever the case          !text        no field does
///     ~re           any field matches the regular expression          !~re         no field does
///     field:value   that field contains it; `field:~re`, `field:>5`, `field:<5` (numbers, in the column's unit)
package struct RowFilter: Equatable, Sendable {
    package enum Test: Equatable, Sendable {
        case contains(String)
        case matches(String)
        case above(Double)
        case below(Double)
    }

    package struct Term: Equatable, Sendable {
        package var isInverse: Bool
        /// Nil looks at every field.
        package var field: String?
        package var test: Test
    }

    package let text: String
    package let terms: [Term]

    package static let everything = RowFilter(text: "", terms: [])
    package var isEmpty: Bool { terms.isEmpty }

    private init(text: String, terms: [Term]) {
        self.text = text
        self.terms = terms
    }

    package init(parsing text: String, fields: [String]) throws(FilterError) {
        var terms: [Term] = []
        for word in Self.words(text) {
            terms.append(try Self.term(word, fields: fields))
        }
        self.init(text: text, terms: terms)
    }

    /// The words that a field has to contain, when the first term about it says so plainly.
    func wanted(in field: String) -> String? {
        plain(field).flatMap { if case .contains(let text) = terms[$0].test { text } else { nil } }
    }

    /// Without that term: somebody else has seen to it.
    func without(_ field: String) -> RowFilter {
        guard let index = plain(field) else { return self }
        var rest = terms
        rest.remove(at: index)
        return RowFilter(text: text, terms: rest)
    }

    private func plain(_ field: String) -> Int? {
        terms.firstIndex { term in
            guard case .contains = term.test else { return false }
            return term.field == field && !term.isInverse
        }
    }

    private static func words(_ text: String) -> [String] {
        var words: [String] = []
        var word = ""
        var isQuoted = false
        for character in text {
            if character == "\"" {
                isQuoted.toggle()
            } else if character == " ", !isQuoted {
                if !word.isEmpty { words.append(word) }
                word = ""
            } else {
                word.append(character)
            }
        }
        if !word.isEmpty { words.append(word) }
        return words
    }

    private static func term(_ word: String, fields: [String]) throws(FilterError) -> Term {
        let isInverse = word.hasPrefix("!")
        let body = isInverse ? String(word.dropFirst()) : word
        guard let colon = body.firstIndex(of: ":"), !body.hasPrefix("~") else {
            return Term(isInverse: isInverse, field: nil, test: try test(body, ofField: false))
        }
        let name = body[..<colon].lowercased()
        guard fields.contains(name) else { throw .unknownField(name, known: fields) }
        let value = String(body[body.index(after: colon)...])
        return Term(isInverse: isInverse, field: name, test: try test(value, ofField: true))
    }

    private static func test(_ body: String, ofField: Bool) throws(FilterError) -> Test {
        if body.hasPrefix("~") {
            let pattern = String(body.dropFirst())
            guard compiled(pattern) != nil else { throw .badPattern(pattern) }
            return .matches(pattern)
        }
        if ofField, let first = body.first, first == ">" || first == "<" {
            guard let number = Double(body.dropFirst().filter { $0 != "," }) else { throw .notANumber(body) }
            return first == ">" ? .above(number) : .below(number)
        }
        return .contains(body.lowercased())
    }

    fileprivate static func compiled(_ pattern: String) -> Regex<AnyRegexOutput>? {
        do {
            return try Regex(pattern).ignoresCase()
        } catch {
            return nil
        }
    }
}

package enum FilterError: Error, Equatable, CustomStringConvertible {
    case badPattern(String)
    case notANumber(String)
    case unknownField(String, known: [String])

    package var description: String {
        switch self {
        case .badPattern(let pattern): "~\(pattern) is not a regular expression: close every bracket, escape . and *"
        case .notANumber(let text): "\(text) compares with a number: write for example load:>500"
        case .unknownField(let name, let known): "no field \(name): here are \(known.joined(separator: ", "))"
        }
    }
}

/// What a row offers to a filter. A number is given in the column's unit.
package protocol Filterable {
    func text(of field: String) -> String
    func number(of field: String) -> Double?
}

/// A filter made ready for one pass over rows. Not kept: compiled expressions cannot travel between threads.
struct FilterPass {
    private struct Step {
        let isInverse: Bool
        let fields: [String]
        let test: RowFilter.Test
        let expression: Regex<AnyRegexOutput>?
    }

    private let steps: [Step]

    init(_ filter: RowFilter, fields: [String]) {
        steps = filter.terms.map { term in
            var expression: Regex<AnyRegexOutput>?
            if case .matches(let pattern) = term.test { expression = RowFilter.compiled(pattern) }
            return Step(
                isInverse: term.isInverse, fields: term.field.map { [$0] } ?? fields, test: term.test,
                expression: expression)
        }
    }

    func accepts(_ row: some Filterable) -> Bool {
        steps.allSatisfy { step in
            step.fields.contains { holds(step, row, field: $0) } != step.isInverse
        }
    }

    private func holds(_ step: Step, _ row: some Filterable, field: String) -> Bool {
        switch step.test {
        case .contains(let needle): row.text(of: field).lowercased().contains(needle)
        case .above(let limit): row.number(of: field).map { $0 > limit } ?? false
        case .below(let limit): row.number(of: field).map { $0 < limit } ?? false
        case .matches: matches(step.expression, row.text(of: field))
        }
    }

    /// Only the first 200 characters are searched: names are short, and a payload must not hold up the screen.
    private func matches(_ expression: Regex<AnyRegexOutput>?, _ text: String) -> Bool {
        guard let expression else { return false }
        do {
            return try expression.firstMatch(in: String(text.prefix(200))) != nil
        } catch {
            return false  // The engine gave up on this row: it does not match.
        }
    }
}
