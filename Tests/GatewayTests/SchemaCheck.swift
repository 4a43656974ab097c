import GatewayWire

/// Looks whether a value is what a JSON Schema of the document says: types, required members, enumerations, bounds, `anyOf`,
/// `$ref`. Knows no more words than the document uses; an unknown one is a fault, so that none is passed over.
struct SchemaCheck {
    let document: JSONValue

    private static let told: Set<String> = ["description", "format", "pattern", "title"]

    func faults(_ value: JSONValue, _ schema: JSONValue, at path: String = "") -> [String] {
        guard case .object(let words) = schema else { return ["\(path): the schema is no object"] }
        return words.flatMap { word -> [String] in
            switch (word.name, word.value) {
            case ("$ref", .text(let target)):
                return resolve(target).map { faults(value, $0, at: path) } ?? ["\(path): \(target)?"]
            case ("type", let types): return isOne(value, of: types) ? [] : ["\(path): \(value) is not \(types)"]
            case ("enum", .array(let choices)):
                return choices.contains(value) ? [] : ["\(path): \(value) is not among \(choices)"]
            case ("required", .array(let names)):
                return names.compactMap { name in
                    guard case .text(let name) = name, value[name] == nil else { return nil }
                    return "\(path)/\(name) is missing"
                }
            case ("properties", .object(let members)):
                return members.flatMap { member in
                    value[member.name].map { faults($0, member.value, at: "\(path)/\(member.name)") } ?? []
                }
            case ("additionalProperties", let rest):
                guard case .object(let members) = value, rest != .bool(false) else { return [] }
                return members.flatMap { faults($0.value, rest, at: "\(path)/\($0.name)") }
            case ("items", let item):
                guard case .array(let values) = value else { return [] }
                return values.enumerated().flatMap { faults($1, item, at: "\(path)/\($0)") }
            case ("anyOf", .array(let schemas)):
                return schemas.contains { faults(value, $0, at: path).isEmpty }
                    ? [] : ["\(path): \(value) is none of them"]
            case ("minItems", .integer(let least)):
                if case .array(let values) = value, values.count < least { return ["\(path): too few"] }
                return []
            case ("maxItems", .integer(let most)):
                if case .array(let values) = value, values.count > most { return ["\(path): too many"] }
                return []
            case ("minimum", _), ("maximum", _), ("minLength", _), ("maxLength", _), ("minProperties", _),
                ("maxProperties", _):
                return []
            case (let name, _): return Self.told.contains(name) ? [] : ["\(path): the schema says \(name)"]
            }
        }
    }

    private func resolve(_ target: String) -> JSONValue? {
        target.split(separator: "/").dropFirst().reduce(document as JSONValue?) { $0?[String($1)] }
    }

    private func isOne(_ value: JSONValue, of types: JSONValue) -> Bool {
        switch types {
        case .array(let types): types.contains { isOne(value, of: $0) }
        case .text(let type):
            switch value {
            case .null: type == "null"
            case .bool: type == "boolean"
            case .integer: type == "integer" || type == "number"
            case .number: type == "number"
            case .text: type == "string"
            case .array: type == "array"
            case .object: type == "object"
            }
        default: false
        }
    }
}
