/// How fast what is known now loses its say, by horizon: e^(-hours/τ).
struct HorizonDecays: Sendable {
    struct At: Sendable {
        var tau1: Float
        var tau2: Float
        var tau5: Float
        var tau10: Float
        var tau12: Float
        var tau14: Float
    }

    private let table: [At]

    init(_ resolution: SeriesResolution) {
        table = (0..<resolution.longestHorizon).map { horizon in
            let hours = Double(horizon) / Double(resolution.slotsPerHour)
            func decay(_ tau: Double) -> Float { Float(exponential(-hours / tau)) }
            return At(
                tau1: decay(1), tau2: decay(2.5), tau5: decay(5), tau10: decay(10), tau12: decay(12),
                tau14: decay(14))
        }
    }

    subscript(horizon: Int) -> At { table[horizon] }
}
