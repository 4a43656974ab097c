/// One walk of the network through a series' last two days and the day ahead, remembering what the way back needs.
struct NetworkPass {
    private static let hidden = LoadNetwork.hidden
    private static let gates = LoadNetwork.gates
    private static let past = LoadNetwork.pastHours
    private static let steps = LoadNetwork.pastHours + LoadNetwork.aheadHours

    /// `[step][gate]` after their activation; `[step][unit]`, the first line before the first step.
    private var opened = [Float](repeating: 0, count: NetworkPass.steps * NetworkPass.gates)
    private var cells = [Float](repeating: 0, count: (NetworkPass.steps + 1) * NetworkPass.hidden)
    private var states = [Float](repeating: 0, count: (NetworkPass.steps + 1) * NetworkPass.hidden)
    /// What the recurrent part says of each hour ahead, and what the straight part adds.
    private(set) var recurrent = [Float](repeating: 0, count: LoadNetwork.aheadHours)
    private(set) var straight = [Float](repeating: 0, count: LoadNetwork.aheadHours)

    func answer(_ hour: Int) -> Float { recurrent[hour] + straight[hour] }

    /// Weights and inputs of one step.
    private struct Place {
        var x: UnsafePointer<Float>
        var width: Int
        var input: Int
        var state: Int
        var bias: Int
    }

    @inline(__always)
    private static func place(
        _ step: Int, _ pastRows: UnsafePointer<Float>, _ aheadRows: UnsafePointer<Float>
    ) -> Place {
        if step < past {
            return Place(
                x: pastRows + step * NetworkInputs.pastWidth, width: NetworkInputs.pastWidth,
                input: LoadNetwork.Part.pastInput.lowerBound, state: LoadNetwork.Part.pastState.lowerBound,
                bias: LoadNetwork.Part.pastBias.lowerBound)
        }
        return Place(
            x: aheadRows + (step - past) * NetworkInputs.aheadWidth, width: NetworkInputs.aheadWidth,
            input: LoadNetwork.Part.aheadInput.lowerBound, state: LoadNetwork.Part.aheadState.lowerBound,
            bias: LoadNetwork.Part.aheadBias.lowerBound)
    }

    mutating func forward(_ network: LoadNetwork, past: [Float], ahead: [Float]) {
        let (hidden, gates) = (NetworkPass.hidden, NetworkPass.gates)
        network.weights.withUnsafeBufferPointer { weights in
            past.withUnsafeBufferPointer { past in
                ahead.withUnsafeBufferPointer { ahead in
                    opened.withUnsafeMutableBufferPointer { opened in
                        cells.withUnsafeMutableBufferPointer { cells in
                            states.withUnsafeMutableBufferPointer { states in
                                guard let w = weights.baseAddress, let past = past.baseAddress,
                                    let ahead = ahead.baseAddress, let opened = opened.baseAddress,
                                    let cells = cells.baseAddress, let states = states.baseAddress
                                else { return }
                                for step in 0..<NetworkPass.steps {
                                    NetworkPass.forward(
                                        NetworkPass.place(step, past, ahead), w, opened + step * gates,
                                        cells + step * hidden, states + step * hidden)
                                }
                            }
                        }
                    }
                }
            }
        }
        for hour in 0..<LoadNetwork.aheadHours {
            let line = (NetworkPass.past + hour + 1) * hidden
            var sum: Float = 0
            for unit in 0..<hidden {
                sum += network.weights[LoadNetwork.Part.answer.lowerBound + unit] * states[line + unit]
            }
            recurrent[hour] = sum
            sum = 0
            for column in 0..<NetworkInputs.aheadWidth {
                sum +=
                    network.weights[LoadNetwork.Part.straight.lowerBound + column]
                    * ahead[hour * NetworkInputs.aheadWidth + column]
            }
            straight[hour] = sum
        }
    }

    /// `cells` and `states` point to the line before the step; the next line is written.
    @inline(__always)
    private static func forward(
        _ at: Place, _ w: UnsafePointer<Float>, _ z: UnsafeMutablePointer<Float>, _ cells: UnsafeMutablePointer<Float>,
        _ states: UnsafeMutablePointer<Float>
    ) {
        for gate in 0..<gates { z[gate] = w[at.bias + gate] }
        for input in 0..<at.width where at.x[input] != 0 {
            let (value, line) = (at.x[input], w + at.input + input * gates)
            for gate in 0..<gates { z[gate] += value * line[gate] }
        }
        for unit in 0..<hidden {
            let (value, line) = (states[unit], w + at.state + unit * gates)
            for gate in 0..<gates { z[gate] += value * line[gate] }
        }
        for unit in 0..<2 * hidden { z[unit] = Activations.sigmoid(z[unit]) }
        for unit in 2 * hidden..<3 * hidden { z[unit] = Activations.tangent(z[unit]) }
        for unit in 3 * hidden..<gates { z[unit] = Activations.sigmoid(z[unit]) }
        for unit in 0..<hidden {
            let cell = z[hidden + unit] * cells[unit] + z[unit] * z[2 * hidden + unit]
            cells[hidden + unit] = cell
            states[hidden + unit] = z[3 * hidden + unit] * Activations.tangent(cell)
        }
    }
}

extension NetworkPass {
    /// Adds to `gradient` what every weight does to the loss. `pull` is what each hour's answer does to it.
    func backward(
        _ network: LoadNetwork, past: [Float], ahead: [Float], pull: [Float], gradient: inout [Float]
    ) {
        let (hidden, gates, width) = (NetworkPass.hidden, NetworkPass.gates, NetworkInputs.aheadWidth)
        var towardState = [Float](repeating: 0, count: hidden)
        var towardCell = [Float](repeating: 0, count: hidden)
        var towardGates = [Float](repeating: 0, count: gates)
        network.weights.withUnsafeBufferPointer { weights in
            past.withUnsafeBufferPointer { past in
                ahead.withUnsafeBufferPointer { ahead in
                    gradient.withUnsafeMutableBufferPointer { gradient in
                        guard let w = weights.baseAddress, let past = past.baseAddress, let ahead = ahead.baseAddress,
                            let gradient = gradient.baseAddress
                        else { return }
                        for step in (0..<NetworkPass.steps).reversed() {
                            let at = NetworkPass.place(step, past, ahead)
                            if step >= NetworkPass.past {
                                let force = pull[step - NetworkPass.past]
                                for unit in 0..<hidden {
                                    let answer = LoadNetwork.Part.answer.lowerBound + unit
                                    towardState[unit] += force * w[answer]
                                    gradient[answer] += force * states[(step + 1) * hidden + unit]
                                }
                                let straight = gradient + LoadNetwork.Part.straight.lowerBound
                                for column in 0..<width { straight[column] += force * at.x[column] }
                            }
                            openGates(step, &towardState, &towardCell, &towardGates)
                            states.withUnsafeBufferPointer { states in
                                guard let before = states.baseAddress.map({ $0 + step * hidden }) else { return }
                                NetworkPass.backward(at, w, before, towardGates, &towardState, gradient)
                            }
                        }
                    }
                }
            }
        }
    }

    /// From a step's state and cell to its gates, and on to the cell before.
    private func openGates(
        _ step: Int, _ towardState: inout [Float], _ towardCell: inout [Float], _ towardGates: inout [Float]
    ) {
        let hidden = NetworkPass.hidden
        let line = step * NetworkPass.gates
        for unit in 0..<hidden {
            let (input, forget) = (opened[line + unit], opened[line + hidden + unit])
            let (candidate, output) = (opened[line + 2 * hidden + unit], opened[line + 3 * hidden + unit])
            let bent = Activations.tangent(cells[(step + 1) * hidden + unit])
            let cell = towardCell[unit] + towardState[unit] * output * (1 - bent * bent)
            towardGates[unit] = cell * candidate * input * (1 - input)
            towardGates[hidden + unit] = cell * cells[step * hidden + unit] * forget * (1 - forget)
            towardGates[2 * hidden + unit] = cell * input * (1 - candidate * candidate)
            towardGates[3 * hidden + unit] = towardState[unit] * bent * output * (1 - output)
            towardCell[unit] = cell * forget
        }
    }

    /// From the gates to the weights and to the state before.
    private static func backward(
        _ at: Place, _ w: UnsafePointer<Float>, _ before: UnsafePointer<Float>, _ towardGates: [Float],
        _ towardState: inout [Float], _ gradient: UnsafeMutablePointer<Float>
    ) {
        towardGates.withUnsafeBufferPointer { pulls in
            guard let pulls = pulls.baseAddress else { return }
            let bias = gradient + at.bias
            for gate in 0..<gates { bias[gate] += pulls[gate] }
            for input in 0..<at.width where at.x[input] != 0 {
                let (value, line) = (at.x[input], gradient + at.input + input * gates)
                for gate in 0..<gates { line[gate] += value * pulls[gate] }
            }
            for unit in 0..<hidden {
                let (value, line) = (before[unit], gradient + at.state + unit * gates)
                for gate in 0..<gates { line[gate] += value * pulls[gate] }
                towardState[unit] = product(w + at.state + unit * gates, pulls)
            }
        }
    }

    /// Eight sums side by side, so that the order of additions is fixed and yet fast.
    @inline(__always)
    private static func product(_ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>) -> Float {
        var sums = SIMD8<Float>.zero
        for start in stride(from: 0, to: gates, by: 8) {
            let left = UnsafeRawPointer(a + start).loadUnaligned(as: SIMD8<Float>.self)
            let right = UnsafeRawPointer(b + start).loadUnaligned(as: SIMD8<Float>.self)
            sums += left * right
        }
        return sums.sum()
    }
}
