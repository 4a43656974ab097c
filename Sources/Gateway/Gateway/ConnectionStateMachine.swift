/// The life of one HTTP/1.1 connection as far as it must be bounded: which time-out runs, when the server stops reading,
/// how a client that sends too much still gets its answer. Pure; `ConnectionGuard` performs the actions.
struct ConnectionStateMachine: Hashable {
    enum Phase: Hashable {
        /// → `awaitingHead`, or `lingering` when there is no room.
        case opening
        /// No request is open. → `exchanging`, `lingering`, `closed`
        case awaitingHead(isFirst: Bool)
        /// → `awaitingHead`, `lingering`, `closed`
        case exchanging(Exchange)
        /// Answered for the last time; the output is shut and what still comes in is thrown away. → `closed`
        case lingering
        case closed
    }

    struct Exchange: Hashable {
        /// Requests whose answer has not ended; more than one when the client pipelines.
        var unanswered = 1
        /// The last request's body has not ended.
        var bodyIsOpen = true
        /// Its reader was told that it is too slow or broken.
        var bodyFailed = false
        /// The connection ends with this answer.
        var closes = false
        /// The answer goes on until one side ends it: each part of it that goes out begins the time anew.
        var isStream = false
    }

    enum Timer: Hashable { case head, body, answer, idle, linger }

    /// What the server answers by itself, before a request exists.
    enum Refusal: Hashable { case tooManyConnections, headTooSlow, headersTooLarge, malformed }

    enum Action: Hashable {
        /// Replaces the running timer.
        case arm(Timer)
        /// `100 Continue`.
        case sendContinue
        /// Answer, shut the output, linger.
        case refuse(Refusal)
        /// Let the body's reader throw.
        case failBody
        /// Shut the output once everything is written, go on reading into nothing.
        case finishOutput
        case close
    }

    private(set) var phase = Phase.opening

    var isLingering: Bool { phase == .lingering || phase == .closed }

    mutating func opened(hasRoom: Bool) -> [Action] {
        guard hasRoom else { return refuse(.tooManyConnections) }
        phase = .awaitingHead(isFirst: true)
        return [.arm(.head)]
    }

    mutating func headRead(expectsContinue: Bool) -> [Action] {
        switch phase {
        case .opening, .awaitingHead:
            phase = .exchanging(Exchange())
            return expectsContinue ? [.arm(.body), .sendContinue] : [.arm(.body)]
        case .exchanging(var exchange):
            exchange.unanswered += 1
            exchange.bodyIsOpen = true
            phase = .exchanging(exchange)
            return [.arm(.body)]
        case .lingering, .closed: return []
        }
    }

    mutating func bodyEnded() -> [Action] {
        guard case .exchanging(var exchange) = phase else { return [] }
        exchange.bodyIsOpen = false
        phase = .exchanging(exchange)
        return [.arm(.answer)]
    }

    /// True when the answer must carry `Connection: close`: its request's body was not read to the end.
    mutating func answerBegan(isStream: Bool = false) -> Bool {
        guard case .exchanging(var exchange) = phase else { return false }
        exchange.isStream = isStream
        if exchange.bodyIsOpen, exchange.unanswered == 1 { exchange.closes = true }
        phase = .exchanging(exchange)
        return exchange.closes
    }

    /// A client that takes nothing holds the writer back, and so gets no more time.
    mutating func answerProgressed() -> [Action] {
        guard case .exchanging(let exchange) = phase, exchange.isStream, !exchange.bodyIsOpen else { return [] }
        return [.arm(.answer)]
    }

    mutating func answerEnded() -> [Action] {
        guard case .exchanging(var exchange) = phase else { return [] }
        exchange.isStream = false
        exchange.unanswered -= 1
        if exchange.closes {
            phase = .lingering
            return [.finishOutput, .arm(.linger)]
        }
        if exchange.unanswered == 0 {
            phase = .awaitingHead(isFirst: false)
            return [.arm(.idle)]
        }
        phase = .exchanging(exchange)
        return [.arm(exchange.bodyIsOpen ? .body : .answer)]
    }

    /// What came in is not HTTP. Inside an exchange the reader of the connection is told, so that answers keep their order.
    mutating func inputBroke(headersTooLarge: Bool) -> [Action] {
        switch phase {
        case .opening, .awaitingHead: return refuse(headersTooLarge ? .headersTooLarge : .malformed)
        case .exchanging(var exchange):
            exchange.closes = true
            exchange.bodyFailed = true
            phase = .exchanging(exchange)
            return [.failBody]
        case .lingering: return close()
        case .closed: return []
        }
    }

    mutating func timeRanOut() -> [Action] {
        switch phase {
        case .awaitingHead(isFirst: true): return refuse(.headTooSlow)
        case .exchanging(var exchange) where exchange.bodyIsOpen && !exchange.bodyFailed:
            exchange.bodyFailed = true
            exchange.closes = true
            phase = .exchanging(exchange)
            return [.failBody, .arm(.answer)]
        case .opening, .awaitingHead, .exchanging, .lingering: return close()
        case .closed: return []
        }
    }

    /// The client will send no more.
    mutating func inputEnded() -> [Action] { phase == .lingering ? close() : [] }

    mutating func closed() { phase = .closed }

    private mutating func refuse(_ refusal: Refusal) -> [Action] {
        phase = .lingering
        return [.refuse(refusal), .arm(.linger)]
    }

    private mutating func close() -> [Action] {
        phase = .closed
        return [.close]
    }
}
