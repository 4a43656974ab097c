import GatewayWire

/// The bodies of endpoints that are older than this table, and of problems.
enum WireShapes {
    static let ingest = Shape<IngestAnswer>(
        "IngestAnswer", "Every reading of the body is durable.",
        [
            .integer("accepted", "Durable.") { Int64($0.accepted) },
            .integer("duplicates", "Of those, known already by meter and time.") { Int64($0.duplicates) },
            .integer("rejected", "Always 0 here.") { Int64($0.rejected) },
        ])

    static let notification = Shape<NotificationAnswer>(
        "NotificationAnswer", "The notification is durable.",
        [.text("event", "The event's id as this system knows it.") { $0.event }])

    static let session = Schema.named(
        "Session",
        .object([
            .init("name", "Author in the audit trail is `operator:NAME`.", .text()),
            .init("role", "What one may do.", .choice(["viewer", "operator", "supervisor"])),
            .init("facilities", "Ids, ascending; `*` alone for all.", .list(of: .text())),
            .init("credential", "What one was known by.", .text()),
            .init("is_session", "Whether it is a session.", .boolean),
            .init("expires_at", "When it ends by itself; left out for never.", .instant, isRequired: false),
            .init("ends_at", "When it ends whatever one does.", .instant, isRequired: false),
            .init("as_of", "The engine's clock.", .instant),
            .init("token", "With 201 alone, told once.", .text(), isRequired: false),
        ]))

    static let probe = Schema.named(
        "Probe",
        .object([
            .init("status", "pass or fail.", .choice(["pass", "fail"])),
            .init("as_of", "When the checks were asked.", .instant),
            .init(
                "checks", "What was looked at.",
                .list(
                    of: .object([
                        .init("name", "Of the check.", .text()), .init("passes", "Whether it holds.", .boolean),
                        .init("detail", "For people.", .text()),
                    ]))),
        ]))

    /// RFC 9457.
    static let problem = Schema.named(
        "Problem",
        .object([
            .init(
                "type", "`urn:switchyard:problem:` and its kind.", .text(pattern: "^urn:switchyard:problem:[a-z-]+$")),
            .init("title", "The kind for people.", .text()), .init("status", "As the answer's.", .integer(400...599)),
            .init("detail", "What to do next.", .text()),
            .init("trace_id", "The request's trace.", .text(), isRequired: false),
            .init("path", "Parameter or JSON pointer where the fault is.", .text(), isRequired: false),
            .init("limit_bytes", "Allowed, when there were too many.", .integer(), isRequired: false),
            .init("retry_after_seconds", "As the header Retry-After.", .integer(), isRequired: false),
            .init("accepted_types", "Media types that are taken.", .text(), isRequired: false),
            .init("accepted", "Readings that are safe.", .integer(), isRequired: false),
            .init("duplicates", "Readings known already.", .integer(), isRequired: false),
            .init(
                "rejected", "Readings that were refused.",
                .list(
                    of: .object([
                        .init("index", "Position in the body, from 0.", .integer()),
                        .init("reason", "Machine-readable class.", .text()), .init("message", "For people.", .text()),
                    ])), isRequired: false),
            .init("rejected_not_listed", "How many more.", .integer(), isRequired: false),
        ]))
}

extension ReadingsEndpoint {
    /// Readings as a body has them, in the plain form; the decoder takes more.
    private static let reading = Schema.named(
        "Reading",
        .object([
            .init("facility_id", "The facility.", Parameters.identifier, isRequired: false),
            .init("meter_id", "The meter.", Parameters.identifier, isRequired: false),
            .init("ts", "Event time: RFC 3339 with a zone.", .instant),
            .init("kw", "Power; positive is import.", .number(), isRequired: false),
            .init("kwh", "Cumulative register.", .number(), isRequired: false),
            .init("voltage", "Volts.", .number(), isRequired: false),
        ]))

    static let form = EndpointDescription.Body(
        about: "One reading or many.",
        contents: [
            .init(mediaType: "application/json", schema: .either([reading, .list(of: reading)])),
            .init(mediaType: "application/x-ndjson", schema: .text()),
            .init(mediaType: "application/x-protobuf", schema: .text()),
        ])

    static let problems = [
        400: "Readings were refused; those listed, by index.", 413: "Too large.", 415: "Another media type.",
    ]
}
