/// A small recurrent network for all buildings at once: an LSTM (Hochreiter and Schmidhuber, 1997; with a forget gate) that
/// walks hour by hour through the last two days and then, with other inputs, through the day ahead. It says what an hour will
/// differ from the usual course of its class of day, in units of the building's own spread.
package struct LoadNetwork: Sendable, Hashable {
    /// Hours behind and ahead of the origin.
    static let pastHours = 48
    static let aheadHours = 25
    static let hidden = 32
    /// Width of the four gates: input, forget, candidate, output.
    static let gates = 4 * hidden

    /// Where the parts lie in `weights`. Matrices are `[input][gate]`, so that inner loops run along the gates.
    enum Part {
        static let pastInput = 0..<NetworkInputs.pastWidth * LoadNetwork.gates
        static let pastState = pastInput.upperBound..<pastInput.upperBound + LoadNetwork.hidden * LoadNetwork.gates
        static let pastBias = pastState.upperBound..<pastState.upperBound + LoadNetwork.gates
        static let aheadInput = pastBias.upperBound..<pastBias.upperBound + NetworkInputs.aheadWidth * LoadNetwork.gates
        static let aheadState = aheadInput.upperBound..<aheadInput.upperBound + LoadNetwork.hidden * LoadNetwork.gates
        static let aheadBias = aheadState.upperBound..<aheadState.upperBound + LoadNetwork.gates
        /// From the hidden state to the answer.
        static let answer = aheadBias.upperBound..<aheadBias.upperBound + LoadNetwork.hidden
        /// From the inputs straight to the answer, so that the recurrent part learns only what a line cannot say.
        static let straight = answer.upperBound..<answer.upperBound + NetworkInputs.aheadWidth
        static let count = straight.upperBound
    }

    var weights: [Float]

    /// Weights drawn evenly about zero, by the width of what feeds them; the forget gates begin open.
    init(seed: UInt64) {
        var random = SeededDraws(seed: seed)
        weights = [Float](repeating: 0, count: Part.count)
        func draw(_ range: Range<Int>, _ size: Float) {
            for index in range { weights[index] = size * (2 * Float(random.next()) - 1) }
        }
        for part in [Part.pastInput, Part.pastState, Part.aheadInput, Part.aheadState] {
            draw(part, 1 / Float(part.count / LoadNetwork.gates + LoadNetwork.hidden).squareRoot())
        }
        draw(Part.answer, 1 / Float(LoadNetwork.hidden).squareRoot())
        for bias in [Part.pastBias, Part.aheadBias] {
            for gate in LoadNetwork.hidden..<2 * LoadNetwork.hidden { weights[bias.lowerBound + gate] = 1 }
        }
    }
}

extension LoadNetwork {
    private static let magic = Array("SWYLSTM0".utf8)
    private static let format: UInt16 = 1

    /// The file of weights: with its format and a checksum, some 80 KB.
    package func archived() -> [UInt8] {
        var archive = ArchiveWriter(magic: LoadNetwork.magic, format: LoadNetwork.format)
        for width in LoadNetwork.shape { archive.add(width) }
        archive.add(weights)
        return archive.sealed()
    }

    /// Bytes that are damaged, of another shape or made up give an error.
    package init(archive bytes: [UInt8]) throws(ForecastArchiveError) {
        var archive = try ArchiveReader(bytes, magic: LoadNetwork.magic, format: LoadNetwork.format)
        for width in LoadNetwork.shape {
            guard try archive.integer(in: 0...100_000, "shape") == width else { throw .otherSettings("shape") }
        }
        weights = try archive.floats(Part.count...Part.count, "weights")
        try archive.finish()
    }

    private static var shape: [Int] {
        [pastHours, aheadHours, hidden, NetworkInputs.pastWidth, NetworkInputs.aheadWidth]
    }
}

/// Numbers in 0..<1, the same from the same seed on every machine. Source: Sebastiano Vigna, splitmix64.
struct SeededDraws {
    private var counter: UInt64

    init(seed: UInt64) { counter = seed }

    mutating func next() -> Double {
        counter &+= 0x9E37_79B9_7F4A_7C15
        var mixed = (counter ^ (counter >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return Double((mixed ^ (mixed >> 31)) >> 11) / 9_007_199_254_740_992
    }
}
