/// How a value is told in JSON: writes it and describes it, so that body and document cannot drift apart.
///
/// A number that is not known is null, and the object's member `unknown` says why by the member's name: a reader never has to
/// guess what a null means.
package struct Shape<Value>: Sendable {
    package struct Field: Sendable {
        fileprivate let member: Schema.Member
        /// Null where `reason` is to be told; nil leaves the member out.
        fileprivate let write: @Sendable (Value) -> JSONValue?
        fileprivate let reason: (@Sendable (Value) -> String)?
    }

    package let name: String
    private let about: String
    private let fields: [Field]

    package init(_ name: String, _ about: String, _ fields: [Field]) {
        self.name = name
        self.about = about
        self.fields = fields
    }

    package var schema: Schema { .named(name, .object(members)) }

    private var members: [Schema.Member] {
        let unknown = Schema.Member(
            "unknown", "Why members are null, by their names.", .map(of: .sentence), isRequired: false)
        return fields.map(\.member) + (fields.contains { $0.reason != nil } ? [unknown] : [])
    }

    package func json(_ value: Value) -> JSONValue {
        var members: [JSONValue.Member] = []
        members.reserveCapacity(fields.count + 1)
        var unknown: [JSONValue.Member] = []
        for field in fields {
            guard let written = field.write(value) else { continue }
            members.append(.init(field.member.name, written))
            if written == .null, let reason = field.reason {
                unknown.append(.init(field.member.name, .text(reason(value))))
            }
        }
        if !unknown.isEmpty { members.append(.init("unknown", .object(unknown))) }
        return .object(members)
    }
}

extension Shape.Field {
    package static func text(
        _ name: String, _ about: String, as schema: Schema = .sentence, _ read: @escaping @Sendable (Value) -> String
    ) -> Self {
        Self(member: .init(name, about, schema), write: { .text(read($0)) }, reason: nil)
    }

    /// Left out when there is none.
    package static func optionalText(
        _ name: String, _ about: String, as schema: Schema = .sentence,
        _ read: @escaping @Sendable (Value) -> String?
    ) -> Self {
        Self(
            member: .init(name, about, schema, isRequired: false), write: { read($0).map { .text($0) } }, reason: nil)
    }

    package static func choice<Choice: RawRepresentable & CaseIterable & Sendable>(
        _ name: String, _ about: String, _ read: @escaping @Sendable (Value) -> Choice
    ) -> Self where Choice.RawValue == String {
        text(name, about, as: .choice(Choice.allCases.map(\.rawValue))) { read($0).rawValue }
    }

    package static func integer(
        _ name: String, _ about: String, _ read: @escaping @Sendable (Value) -> Int64
    ) -> Self {
        Self(member: .init(name, about, .integer()), write: { .integer(read($0)) }, reason: nil)
    }

    package static func flag(_ name: String, _ about: String, _ read: @escaping @Sendable (Value) -> Bool) -> Self {
        Self(member: .init(name, about, .boolean), write: { .bool(read($0)) }, reason: nil)
    }

    /// Always known, and finite.
    package static func number(
        _ name: String, _ about: String, _ read: @escaping @Sendable (Value) -> Double
    ) -> Self {
        number(name, about, unknown: "it is no finite number") { read($0) }
    }

    /// - Parameter reason: why it is null when it is.
    package static func number(
        _ name: String, _ about: String, unknown reason: String, _ read: @escaping @Sendable (Value) -> Double?
    ) -> Self {
        number(name, about, unknown: { _ in reason }, read)
    }

    package static func number(
        _ name: String, _ about: String, unknown reason: @escaping @Sendable (Value) -> String,
        _ read: @escaping @Sendable (Value) -> Double?
    ) -> Self {
        Self(
            member: .init(name, about, .nullable(.number())),
            write: { value in read(value).flatMap { $0.isFinite ? .number($0) : nil } ?? .null }, reason: reason)
    }

    package static func optionalInteger(
        _ name: String, _ about: String, unknown reason: String, _ read: @escaping @Sendable (Value) -> Int64?
    ) -> Self {
        Self(
            member: .init(name, about, .nullable(.integer())), write: { read($0).map { .integer($0) } ?? .null },
            reason: { _ in reason })
    }

    /// Null with a reason when there is none.
    package static func text(
        _ name: String, _ about: String, as schema: Schema = .sentence, unknown reason: String,
        _ read: @escaping @Sendable (Value) -> String?
    ) -> Self {
        Self(
            member: .init(name, about, .nullable(schema)), write: { read($0).map { .text($0) } ?? .null },
            reason: { _ in reason })
    }

    package static func object<Part>(
        _ name: String, _ about: String, _ shape: Shape<Part>, _ read: @escaping @Sendable (Value) -> Part
    ) -> Self {
        Self(member: .init(name, about, shape.schema), write: { shape.json(read($0)) }, reason: nil)
    }

    /// Null with a reason when there is none.
    package static func object<Part>(
        _ name: String, _ about: String, _ shape: Shape<Part>, unknown reason: String,
        _ read: @escaping @Sendable (Value) -> Part?
    ) -> Self {
        Self(
            member: .init(name, about, .nullable(shape.schema)), write: { read($0).map(shape.json) ?? .null },
            reason: { _ in reason })
    }

    package static func list<Part>(
        _ name: String, _ about: String, _ shape: Shape<Part>, _ read: @escaping @Sendable (Value) -> [Part]
    ) -> Self {
        Self(
            member: .init(name, about, .list(of: shape.schema)), write: { .array(read($0).map(shape.json)) },
            reason: nil)
    }

    package static func texts(
        _ name: String, _ about: String, as schema: Schema = .sentence,
        _ read: @escaping @Sendable (Value) -> [String]
    ) -> Self {
        Self(
            member: .init(name, about, .list(of: schema)), write: { .array(read($0).map { .text($0) }) }, reason: nil)
    }

    /// Whatever else; nil leaves the member out, which `isRequired` must allow.
    package static func value(
        _ name: String, _ about: String, _ schema: Schema, isRequired: Bool = true,
        _ read: @escaping @Sendable (Value) -> JSONValue?
    ) -> Self {
        Self(member: .init(name, about, schema, isRequired: isRequired), write: read, reason: nil)
    }
}
