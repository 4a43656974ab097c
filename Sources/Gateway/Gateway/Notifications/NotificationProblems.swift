import GatewayWire

extension Problem {
    static let noUtility = waiting(
        .unavailable, status: 503, title: "No utility configured", seconds: 60,
        detail: "No utility may send notifications to this instance yet; configure its key here, then send again.")

    static let noEcho = Problem(
        .malformedRequest, status: 400, title: "No echo value",
        detail: "Ask with ?echo= and 1-\(EchoChallenge.maximumLength) letters, digits or punctuation marks "
            + "other than < > & and quotes; send notifications with POST.")

    static let emptyNotification = Problem(
        .emptyBody, status: 400, title: "Empty body",
        detail: "The body holds no notification; send an OpenADR notification or event as a JSON object.")

    static let notificationsFull = waiting(
        .overloaded, status: 503, title: "Overloaded", seconds: 1,
        detail: "Too many notifications are on their way at once, and this one was not taken; send it again later.")

    static let notificationTooSlow = waiting(
        .deadlinePassed, status: 503, title: "Not durable in time", seconds: 5,
        detail: "The notification was not durable in time and may or may not be kept; send the same body again, "
            + "a double does no harm.")

    static func notificationTooLarge(limit: Int) -> Problem {
        var problem = Problem(
            .bodyTooLarge, status: 413, title: "Body too large",
            detail: "The body is larger than \(limit) bytes; send one event a notification.")
        problem.limitBytes = limit
        return problem
    }

    /// Says what the sender can mend, and nothing about which utilities or secrets there are.
    static func unauthorized(_ refusal: WebhookCredentials.Refusal) -> Problem {
        let detail =
            switch refusal {
            case .missing:
                "Send webhook-id, webhook-timestamp and webhook-signature of Standard Webhooks, and the bearer token "
                    + "where one was agreed."
            case .malformed:
                "The credentials cannot be read; send Authorization: Bearer with the token alone, webhook-id in visible "
                    + "ASCII, and webhook-timestamp in whole seconds since 1970."
            case .tooOld:
                "The webhook-timestamp is more than 300 s old; sign each attempt anew and check the sender's clock."
            case .tooNew: "The webhook-timestamp is more than 300 s ahead; check the sender's clock."
            case .wrong:
                "Neither token nor signature is of a utility known here; sign the raw bytes of the body with the secret "
                    + "that was agreed."
            }
        return Problem(.unauthorized, status: 401, title: "Unauthorized", detail: detail)
    }

    static func tooManyNotifications(seconds: Int) -> Problem {
        waiting(
            .rateLimited, status: 429, title: "Too many notifications", seconds: seconds,
            detail: "This utility sends more notifications than agreed, and this one was not taken; "
                + "send it again after \(seconds) s.")
    }

    static func malformedNotification(path: String, sentence: String) -> Problem {
        var problem = Problem(
            .malformedNotification, status: 400, title: "Malformed notification", detail: sentenced(sentence))
        problem.path = path
        return problem
    }

    static func notificationsBusy(seconds: Int, sentence: String) -> Problem {
        waiting(.overloaded, status: 503, title: "Busy", seconds: seconds, detail: sentenced(sentence))
    }
}

private func sentenced(_ text: String) -> String { text.hasSuffix(".") ? text : text + "." }
