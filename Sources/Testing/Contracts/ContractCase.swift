/// One rule of a port's contract: a name that reads as a sentence and a check to run against any implementation.
package struct ContractCase<Subject: Sendable>: Sendable, CustomStringConvertible {
    package let name: String
    package let check: @Sendable (Subject) async throws -> Void

    package init(_ name: String, _ check: @escaping @Sendable (Subject) async throws -> Void) {
        self.name = name
        self.check = check
    }

    package var description: String { name }
}

/// An implementation broke the contract.
package struct ContractViolation: Error, CustomStringConvertible {
    package let description: String
}

/// Throws unless `condition` holds. `what` says what should have been.
func require(_ condition: Bool, _ what: @autoclosure () -> String, line: UInt = #line) throws {
    if !condition { throw ContractViolation(description: "line \(line): \(what())") }
}

func requireEqual<Value: Equatable>(
    _ found: Value, _ expected: Value, _ what: @autoclosure () -> String, line: UInt = #line
) throws {
    if found != expected {
        throw ContractViolation(description: "line \(line): \(what()): found \(cut(found)), expected \(cut(expected))")
    }
}

/// The beginning of a value's text: a list of a thousand readings helps nobody.
private func cut(_ value: some Any) -> String {
    let text = String(describing: value)
    return text.utf8.count <= 600 ? text : "\(text.prefix(600))…"
}
