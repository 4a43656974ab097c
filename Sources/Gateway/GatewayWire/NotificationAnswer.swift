/// What `POST /webhooks/utility/dr-notification` answers once the notification is durable. A repeated delivery is answered
/// with the same bytes.
package struct NotificationAnswer: Sendable, Hashable, Codable {
    package static let mediaType = "application/json"

    /// The event's id as this system knows it.
    package let event: String

    package init(event: String) { self.event = event }

    package var json: [UInt8] { JSONText.object { $0.member("event", event) } }
}
