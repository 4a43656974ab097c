/// What still works when a dependency is down (ledger RES-09). Printed by `switchyard doctor --degradation`; each row names
/// the test that shows it, and a test sees to it that this one exists.
enum DegradationTable {
    struct Row: Encodable {
        /// What is down.
        var dependency: String
        var stops: String
        var works: String
        /// What happens when it is back, without anybody's help.
        var afterwards: String
        /// The sentence of the test.
        var shownBy: String
    }

    static let rows: [Row] = [
        Row(
            dependency: "event log", stops: "live figures age, rollups stand still; /ready is 503",
            works: "readings are taken into the local queue and acknowledged; history, dead letters, journal",
            afterwards: "the queue is drained into the log in order, then readings go straight to it again",
            shownBy: "while the log is down readings are queued, and reach it in order when it is back"),
        Row(
            dependency: "event log, for ten failures in a row", stops: "no call waits for the log any more",
            works: "as above, at once", afterwards: "one probe finds out, and the breaker closes",
            shownBy: "ten failures in a row open the log's breaker, and the drainer finds out when the log is back"),
        Row(
            dependency: "event log and local queue", stops: "readings are refused: 503, MQTT unacknowledged",
            works: "history, dead letters, journal; broker and edge buffers keep what comes",
            afterwards: "senders send again, nothing is lost or counted twice",
            shownBy: "when neither log nor queue takes anything, nothing is acknowledged"),
        Row(
            dependency: "series store", stops: "rollups and history; lag grows",
            works: "readings are taken and durable in the log; live figures, dead letters, journal",
            afterwards: "the log is consumed from where the store stands; lag returns to 0",
            shownBy: "a store that is down acknowledges nothing; when it is back the lag returns to zero"),
        Row(
            dependency: "record store", stops: "commands (no audit, no deed), new meters, dead letters; /ready is 503",
            works: "readings of known meters, rollups, live figures, history", afterwards: "commands are taken again",
            shownBy: "without an audit trail nothing is done"),
        Row(
            dependency: "queue above its mark", stops: "readings are refused: 503 with Retry-After, MQTT withheld",
            works: "everything else; what was acknowledged is worked off",
            afterwards: "below 60 % of the cap senders are taken again",
            shownBy: "senders are refused at 80 % of the queue's cap and taken again at 60 %"),
        Row(
            dependency: "disk nearly full", stops: "raw readings are shortened, then new ones refused",
            works: "rollups, history, live figures, dead letters, journal", afterwards: "readings are taken again",
            shownBy: "readings are refused before 95 %, and taken again when there is room"),
        Row(
            dependency: "MQTT broker", stops: "readings over MQTT", works: "REST and everything else; meters buffer",
            afterwards: "the feed is back on its session, and the broker sends what it kept",
            shownBy: "a broker that stops and starts again is found again"),
        Row(
            dependency: "first of several MQTT brokers", stops: "nothing", works: "the next broker serves",
            afterwards: "the feed returns to the first once it stays up",
            shownBy: "when the first broker dies the second serves, and when the first is back we return"),
        Row(
            dependency: "first of several weather providers", stops: "nothing",
            works: "the next provider tells the weather",
            afterwards: "the first is asked first at each fetch, and used again as soon as it answers",
            shownBy: "three tries, then the next provider; the first is used again as soon as it answers (FC-01, FC-02)"
        ),
        Row(
            dependency: "all weather providers", stops: "nothing: the weather ages",
            works: "what was told before, then the same hours of the day before; forecasts say so",
            afterwards: "the next fetch brings weather again",
            shownBy:
                "without any provider weather ages and then repeats the day before, is told of once, and comes back (FC-06)"
        ),
        Row(
            dependency: "a building's management system", stops: "its own commands: breaker, retries, bms-failures",
            works: "every other building is dispatched in time", afterwards: "a probe finds out, retries go out",
            shownBy: "of 50 buildings one hangs, one flaps, one faults: the other 47 are confirmed within ten seconds"),
        Row(
            dependency: "record store, at the end of an event", stops: "new commands: no record, no deed",
            works: "what was commanded is given back all the same", afterwards: "what happened is recorded",
            shownBy:
                "with the record store down at the end the releases go out all the same, and are recorded when it is back"
        ),
        Row(
            dependency: "the utility's callback", stops: "its news of our events", works: "the events themselves",
            afterwards: "each status is sent, oldest first",
            shownBy: "a status reaches the utility once it listens again"),
        Row(
            dependency: "a client that hangs or floods", stops: "that client: 408, 413, 431 or 503",
            works: "everybody else is served meanwhile", afterwards: "the client is served again",
            shownBy: "500 idle connections are kept, the next are answered 503, and others are served meanwhile"),
    ]
}
