import EnergyModel
import GatewayWire
import Ports

/// Which letters an act is about, as a body says it: `{"numbers":[…]}` or `{"matching":{…},"through":900}`.
enum LetterSelectionForm {
    private static let most = 10_000

    private static let query = Schema.named(
        "LetterQuery",
        RequestForm.object([
            .init("topic", "The dead-letter topic.", RequestText.schema(1...200), isRequired: false),
            .init("failure", "The class of failure.", RequestText.schema(1...200), isRequired: false),
            .init(
                "state", "The state.", .choice(DeadLetter.State.allCases.map(\.rawValue)), isRequired: false),
            .init("facility_id", "The facility.", Parameters.identifier, isRequired: false),
            .init("text", "Holds this text.", RequestText.schema(1...200), isRequired: false),
        ]))

    static let schema = Schema.named(
        "LetterSelection",
        .either([
            .object([
                .init("numbers", "These.", .list(of: .integer(1...Int64.max), lengths: 1...most))
            ]),
            .object([
                .init("matching", "All that match; {} is all there are.", query),
                .init(
                    "through", "Only numbers up to this one, so that what comes later is not swept along.",
                    .integer(1...Int64.max)),
            ]),
        ]))

    static let member = Schema.Member("selection", "Which letters.", schema)

    static func read(_ body: BodyReader) throws -> LetterSelection {
        let form = try body.object("selection")
        if form.has("numbers") { return .numbers(try form.integers("numbers", most: most)) }
        guard form.has("matching") else {
            throw Problem.badBody(
                "\(form.path)/numbers", "The member \(form.path) must hold numbers, or matching with through.")
        }
        let matching = try form.object("matching")
        let query = DeadLetterQuery(
            topic: try matching.ifThere("topic") { try $0.text($1, lengths: 1...200) },
            reason: try matching.ifThere("failure") { try $0.text($1, lengths: 1...200) },
            state: try matching.ifThere("state") { try $0.choice($1, of: DeadLetter.State.self) },
            facility: try matching.ifThere("facility_id") { try $0.facility($1) },
            text: try matching.ifThere("text") { try $0.text($1, lengths: 1...200) })
        return .matching(query, through: try form.integer("through", in: 1...Int64.max))
    }
}
