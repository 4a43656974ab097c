/// What a JSON value may be, in the words of JSON Schema 2020-12, as OpenAPI 3.1 uses it.
package indirect enum Schema: Sendable, Hashable {
    package struct Member: Sendable, Hashable {
        package var name: String
        package var about: String
        package var schema: Schema
        package var isRequired: Bool
        package init(_ name: String, _ about: String, _ schema: Schema, isRequired: Bool = true) {
            self.name = name
            self.about = about
            self.schema = schema
            self.isRequired = isRequired
        }
    }

    /// `pattern` is anchored at both ends by whoever gives it.
    case text(format: String? = nil, pattern: String? = nil, lengths: ClosedRange<Int>? = nil)
    case choice([String])
    case integer(ClosedRange<Int64>? = nil)
    /// Bounds are inclusive; nil for none.
    case number(ClosedRange<Double>? = nil)
    case boolean
    case list(of: Schema, lengths: ClosedRange<Int>? = nil)
    /// Unknown members are allowed: whoever reads ignores them (ledger API-17).
    case object([Member])
    /// Any member names, values all alike.
    case map(of: Schema)
    case nullable(Schema)
    /// An object with exactly one of these members.
    case oneMember(of: [Member])
    /// One of several.
    case either([Schema])
    /// By its name among the document's components.
    case named(String, Schema)
    case anything

    package static let instant = Schema.text(format: "date-time")
    package static let sentence = Schema.text()

    /// As the document writes it; what is named stands for itself.
    package var json: JSONValue {
        switch self {
        case .named(let name, _): ["$ref": .text("#/components/schemas/\(name)")]
        case .nullable(.named(let name, _)):
            ["anyOf": [["$ref": .text("#/components/schemas/\(name)")], ["type": "null"]]]
        case .nullable(let schema): schema.definition.nullable
        default: definition
        }
    }

    /// The same, with the outermost name replaced by what it stands for.
    package var definition: JSONValue {
        switch self {
        case .text(let format, let pattern, let lengths):
            return .members([
                ("type", "string"), ("format", format.map { .text($0) }), ("pattern", pattern.map { .text($0) }),
                ("minLength", lengths.map { .integer(Int64($0.lowerBound)) }),
                ("maxLength", lengths.map { .integer(Int64($0.upperBound)) }),
            ])
        case .choice(let values): return ["type": "string", "enum": .array(values.map { .text($0) })]
        case .integer(let range):
            return .members([
                ("type", "integer"), ("minimum", range.map { .integer($0.lowerBound) }),
                ("maximum", range.map { .integer($0.upperBound) }),
            ])
        case .number(let range):
            return .members([
                ("type", "number"), ("minimum", range.map { .number($0.lowerBound) }),
                ("maximum", range.map { .number($0.upperBound) }),
            ])
        case .boolean: return ["type": "boolean"]
        case .list(let element, let lengths):
            return .members([
                ("type", "array"), ("items", element.json),
                ("minItems", lengths.map { .integer(Int64($0.lowerBound)) }),
                ("maxItems", lengths.map { .integer(Int64($0.upperBound)) }),
            ])
        case .object(let members):
            let required = members.filter(\.isRequired).map { JSONValue.text($0.name) }
            return .members([
                ("type", "object"), ("required", required.isEmpty ? nil : .array(required)),
                ("properties", Schema.properties(members)),
            ])
        case .map(let value): return ["type": "object", "additionalProperties": value.json]
        case .oneMember(let members):
            return [
                "type": "object", "properties": Schema.properties(members), "additionalProperties": false,
                "minProperties": 1, "maxProperties": 1,
            ]
        case .either(let schemas): return ["anyOf": .array(schemas.map(\.json))]
        case .nullable, .anything: return self == .anything ? .object([]) : json
        case .named(_, let schema): return schema.definition
        }
    }

    private static func properties(_ members: [Member]) -> JSONValue {
        .object(
            members.map { member in
                guard case .object(let definition) = member.schema.json else { return .init(member.name, .object([])) }
                return .init(member.name, .object(definition + [.init("description", .text(member.about))]))
            })
    }

    /// Every named schema inside, by name.
    package func collectNames(into found: inout [String: Schema]) {
        switch self {
        case .text, .choice, .integer, .number, .boolean, .anything: break
        case .list(let schema, _), .map(let schema), .nullable(let schema): schema.collectNames(into: &found)
        case .object(let members), .oneMember(let members):
            for member in members { member.schema.collectNames(into: &found) }
        case .either(let schemas): for schema in schemas { schema.collectNames(into: &found) }
        case .named(let name, let schema):
            guard found.updateValue(schema, forKey: name) == nil else { return }
            schema.collectNames(into: &found)
        }
    }
}

extension JSONValue {
    /// An object of those members that are there.
    package static func members(_ members: [(String, JSONValue?)]) -> JSONValue {
        .object(members.compactMap { name, value in value.map { Member(name, $0) } })
    }

    /// A schema's definition that allows null as well.
    fileprivate var nullable: JSONValue {
        guard case .object(let members) = self else { return self }
        return .object(
            members.map { member in
                switch (member.name, member.value) {
                case ("type", let type): return Member("type", [type, "null"])
                case ("enum", .array(let values)): return Member("enum", .array(values + [.null]))
                default: return member
                }
            })
    }
}
