/// How much is logged: the level and all above it.
package enum LogSeverity: String, Sendable, Codable, CaseIterable { case trace, debug, info, notice, warning, error }

/// Sets the level of a component at run time. Throws `.invalid` with the names there are for one that is none.
package typealias LogLevelSetter = @Sendable (_ component: String, _ level: LogSeverity?) throws(PortError) -> Void
