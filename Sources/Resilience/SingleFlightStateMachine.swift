/// Many ask for the same thing at once, one fetches it. The first to join a key leads and does the work; the others follow
/// and are given the leader's result. A leader that gives up is succeeded by the oldest follower, so a cancelled caller
/// fails nobody else.
package struct SingleFlightStateMachine<Key: Hashable & Sendable>: Sendable {
    /// One member of one flight. Tickets are never used again.
    package struct Ticket: Hashable, Sendable {
        package let key: Key
        let number: UInt64
    }

    package enum Role: Hashable, Sendable {
        /// Do the work, then `finish`.
        case leads(Ticket)
        /// Wait until `finish` or `leave` returns this ticket.
        case follows(Ticket)
        /// As many follow already as may: turn the call away.
        case full
    }

    private struct Flight: Sendable {
        var leader: Ticket
        var followers: [Ticket] = []
    }

    package let followersPerKey: Int
    private var flights: [Key: Flight] = [:]
    private var nextNumber: UInt64 = 0

    package init(followersPerKey: Int = 1024) { self.followersPerKey = max(0, followersPerKey) }

    /// Keys being worked on.
    package var inFlight: Int { flights.count }

    package mutating func join(_ key: Key) -> Role {
        let ticket = Ticket(key: key, number: nextNumber)
        guard let followers = flights[key]?.followers.count else {
            nextNumber += 1
            flights[key] = Flight(leader: ticket)
            return .leads(ticket)
        }
        guard followers < followersPerKey else { return .full }
        nextNumber += 1
        flights[key]?.followers.append(ticket)
        return .follows(ticket)
    }

    /// Ends the flight and returns who is to be given its result, in the order they joined. Empty for a ticket that does
    /// not lead (any more): its result is stale and must be given to nobody.
    package mutating func finish(_ ticket: Ticket) -> [Ticket] {
        guard let flight = flights[ticket.key], flight.leader == ticket else { return [] }
        flights[ticket.key] = nil
        return flight.followers
    }

    /// A member gives up. When it led, the ticket returned leads from now on and must do the work.
    package mutating func leave(_ ticket: Ticket) -> Ticket? {
        guard var flight = flights[ticket.key] else { return nil }
        guard flight.leader == ticket else {
            flights[ticket.key]?.followers.removeAll { $0 == ticket }
            return nil
        }
        guard !flight.followers.isEmpty else {
            flights[ticket.key] = nil
            return nil
        }
        flight.leader = flight.followers.removeFirst()
        flights[ticket.key] = flight
        return flight.leader
    }
}
