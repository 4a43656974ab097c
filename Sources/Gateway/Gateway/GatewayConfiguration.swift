/// Limits and time-outs of the gateway. Every wait has one, so no client can hold what it does not use
/// (ledger RES-01, RELIABILITY §4).
package struct GatewayConfiguration: Sendable, Hashable {
    package var host = "127.0.0.1"
    /// 0 lets the system choose; `GatewayService` tells which.
    package var port = 8080

    package var tls = GatewayTLS()
    /// Listens in the clear where other machines can reach it: for a proxy before it that speaks TLS.
    package var allowsPlain = false

    /// The largest body of readings, in bytes.
    package var bodyLimit = 8 << 20
    /// All header fields and the request target together, in bytes.
    package var headerLimit = 16 << 10
    package var headerCount = 100
    /// Open connections; the next is answered 503 and closed. Lowered at the start to half of the process's file limit.
    package var connections = 2048

    /// From the opening of a connection to the end of its first request's header.
    package var headTimeout = Duration.seconds(10)
    /// From a header's end to its body's end.
    package var bodyTimeout = Duration.seconds(10)
    /// From a body's end to the answer's last byte taken by the client.
    package var answerTimeout = Duration.seconds(30)
    /// The same for a backtest, which learns anew for every week.
    package var slowAnswerTimeout = Duration.seconds(100)
    /// Between two requests of one connection.
    package var idleTimeout = Duration.seconds(60)
    /// How long a client may still send after its last answer, so that it gets to read it.
    package var lingerTimeout = Duration.seconds(1)

    /// How long a request waits until its readings are durable (ledger ING-05).
    package var intakeTimeout = Duration.seconds(5)
    /// Bodies being read or waiting for the intake, all connections together (ledger ING-09).
    package var inFlightBytes = 64 << 20
    package var inFlightDeliveries = 256

    /// Largest notification of a utility, in bytes.
    package var notificationLimit = 1 << 20
    /// Notifications being read or waiting to be durable; apart from those of readings, so that neither starves the other.
    package var notificationBytes = 32 << 20
    package var notificationsInFlight = 256
    /// How long a notification waits until it is durable.
    package var notificationTimeout = Duration.seconds(5)
    /// Token bucket of each utility (ledger API-04).
    package var notificationsPerSecond = 100.0
    package var notificationBurst = 100
    package var notificationSuccess = NotificationSuccess.accepted

    /// `webhook.success_status` (ledger CF-07): 202 unless a peer insists on 200.
    package enum NotificationSuccess: Int, Sendable, Hashable, CaseIterable { case ok = 200, accepted = 202 }

    /// How long a request of programs may take until its answer begins (ledger API-06), and an export.
    package var requestTimeout = Duration.milliseconds(500)
    package var bulkTimeout = Duration.seconds(30)
    /// Exports under way at once (ledger API-09).
    package var bulkAtOnce = 4
    /// From a 99th percentile above the first until it is below the second, most requests are turned away (ledger API-08).
    package var shedAbove = Duration.seconds(2)
    package var shedBelow = Duration.seconds(1)

    /// Readers of `/api/stream` at once; the next is answered 503. Each takes a connection.
    package var streams = 1000
    /// How long a stream is silent before it says that it is alive; below `answerTimeout`, which ends those that do not.
    package var streamHeartbeat = Duration.seconds(5)

    /// From the stop signal until open requests are cut off; under 5 s together with what follows.
    package var drainTimeout = Duration.seconds(4)

    package init() {}
}
