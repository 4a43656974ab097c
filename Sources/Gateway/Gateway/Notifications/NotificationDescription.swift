import GatewayWire

extension Endpoint {
    /// The two things that a utility asks of the webhook.
    enum NotificationPage { case echo, delivery }

    func described(as page: NotificationPage) -> Endpoint {
        switch page {
        case .echo:
            described(
                "echoWebhook", .utilities, "Gives `echo` back, before a utility subscribes this URL.",
                parameters: [
                    .init(
                        name: "echo", place: .query, about: "Given back as it is.",
                        schema: .text(pattern: "^[A-Za-z0-9._~-]{1,256}$"), isRequired: true)
                ], answers: [.text(200, "The value.", "text/plain")])
        case .delivery:
            described(
                "notify", .utilities, "A utility's notification of a demand-response event.",
                details:
                    "OpenADR 3.1 notifications, events and the plain form; who sends proves it by a bearer token or a "
                    + "Standard Webhooks signature.",
                parameters: [
                    header("webhook-id", "The delivery's id."), header("webhook-timestamp", "Seconds since 1970."),
                    header("webhook-signature", "`v1,` and the base64 of the HMAC-SHA256."),
                    header("Authorization", "`Bearer` and the utility's token."),
                ],
                body: .init(
                    about: "The notification.",
                    contents: [.init(mediaType: "application/json", schema: .object([]))]),
                problems: [
                    401: "Nobody that is known, or a signature that does not hold.", 413: "Too large.",
                    429: "More than the utility may send; Retry-After says when to come again.",
                ],
                answers: [
                    .json(200, "It is durable, where configured so.", WireShapes.notification),
                    .json(202, "It is durable.", WireShapes.notification),
                ])
        }
    }

    private func header(_ name: String, _ about: String) -> EndpointDescription.Parameter {
        .init(name: name, place: .header, about: about, schema: .text(), isRequired: false)
    }
}
