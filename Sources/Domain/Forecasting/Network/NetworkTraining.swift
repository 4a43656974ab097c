import EnergyModel

/// Teaches a network: Adam (Kingma and Ba, 2015) on small batches, the gradient cut to a length, the step falling along a
/// parabola to nothing. The same lessons and seed give the same bits, however many cores there are.
package struct NetworkTraining: Sendable {
    /// Times every lesson is looked at.
    package var rounds = 14
    package var seed: UInt64 = 1
    /// Days of a series that teach.
    package var days = 500
    /// Length of the first steps.
    package var rate: Float = 0.002
    /// A batch is a few shares, whose sums are added in their order.
    var shareSize = 8
    var shares = 4
    /// Longest gradient; a longer one is cut.
    var longest: Float = 1
    /// Size in spreads from which an error counts by its size and no longer by its square.
    static let knee: Float = 0.3

    package init() {}

    /// What the last round left: mean loss per hour, for the trainer to watch.
    package struct Progress: Sendable {
        package var round: Int
        package var loss: Double
    }

    /// One network for all `histories`, each of which teaches only what lies before its `until`. Minutes of computing for
    /// twenty series of a year; cancelled with its task.
    package func network(
        from histories: [(history: LoadHistory, until: UTCInstant)], progress: (Progress) -> Void = { _ in }
    ) async -> LoadNetwork {
        var lessons: [NetworkLesson] = []
        for (history, until) in histories {
            lessons += NetworkLesson.lessons(history, until: until, days: days)
        }
        return await network(from: lessons, progress: progress)
    }

    func network(from lessons: [NetworkLesson], progress: (Progress) -> Void) async -> LoadNetwork {
        var network = LoadNetwork(seed: seed)
        var adam = Adam(count: network.weights.count)
        var draws = SeededDraws(seed: seed &+ 1)
        let batch = shareSize * shares
        let batches = max(1, rounds * (lessons.count / batch))
        var step = 0
        for round in 0..<rounds where lessons.count >= batch {
            let order = NetworkTraining.shuffled(lessons.count, &draws)
            var (loss, hours) = (0.0, 0.0)
            for start in stride(from: 0, through: lessons.count - batch, by: batch) {
                guard !Task.isCancelled else { return network }
                let sums = await gradient(network, lessons, order[start..<start + batch])
                loss += Double(sums.loss)
                hours += Double(sums.weight)
                let left = 1 - Float(step) / Float(batches)
                adam.move(&network.weights, along: cut(sums), rate: rate * left * left)
                step += 1
            }
            progress(Progress(round: round + 1, loss: loss / max(hours, 1e-9)))
        }
        return network
    }

    private static func shuffled(_ count: Int, _ draws: inout SeededDraws) -> [Int] {
        var order = Array(0..<count)
        for index in stride(from: count - 1, to: 0, by: -1) {
            order.swapAt(index, Int(draws.next() * Double(index + 1)))
        }
        return order
    }

    struct Sums: Sendable {
        var gradient: [Float]
        var loss: Float = 0
        var weight: Float = 0
    }

    /// Shares of the batch side by side; their sums are added in order.
    private func gradient(_ network: LoadNetwork, _ lessons: [NetworkLesson], _ chosen: ArraySlice<Int>) async -> Sums {
        await withTaskGroup(of: (Int, Sums).self) { tasks in
            for share in 0..<shares {
                let start = chosen.startIndex + share * shareSize
                let part = chosen[start..<start + shareSize].map { lessons[$0] }
                tasks.addTask { (share, NetworkTraining.sums(network, part)) }
            }
            var parts = [Sums?](repeating: nil, count: shares)
            for await (share, sums) in tasks { parts[share] = sums }
            var whole = Sums(gradient: [Float](repeating: 0, count: network.weights.count))
            for part in parts.compactMap({ $0 }) {
                for index in whole.gradient.indices { whole.gradient[index] += part.gradient[index] }
                whole.loss += part.loss
                whole.weight += part.weight
            }
            return whole
        }
    }

    /// Loss and gradient of some lessons.
    static func sums(_ network: LoadNetwork, _ lessons: [NetworkLesson]) -> Sums {
        var sums = Sums(gradient: [Float](repeating: 0, count: network.weights.count))
        var pass = NetworkPass()
        var pull = [Float](repeating: 0, count: LoadNetwork.aheadHours)
        for lesson in lessons {
            pass.forward(network, past: lesson.past, ahead: lesson.ahead)
            for hour in pull.indices {
                pull[hour] = 0
                guard lesson.truth[hour].isFinite else { continue }
                let error = pass.answer(hour) - lesson.truth[hour]
                let isSmall = abs(error) < knee
                sums.loss += lesson.weight * (isSmall ? error * error / (2 * knee) : abs(error) - knee / 2)
                sums.weight += lesson.weight
                pull[hour] = lesson.weight * (isSmall ? error / knee : error < 0 ? -1 : 1)
            }
            pass.backward(network, past: lesson.past, ahead: lesson.ahead, pull: pull, gradient: &sums.gradient)
        }
        return sums
    }

    /// The mean gradient, cut to `longest`.
    private func cut(_ sums: Sums) -> [Float] {
        var square: Float = 0
        for value in sums.gradient { square += value * value }
        let length = square.squareRoot() / max(sums.weight, 1e-9)
        let factor = (length > longest ? longest / length : 1) / max(sums.weight, 1e-9)
        return sums.gradient.map { $0 * factor }
    }

    private struct Adam {
        private var mean: [Float]
        private var square: [Float]
        private var meanShare: Float = 1
        private var squareShare: Float = 1

        init(count: Int) {
            mean = [Float](repeating: 0, count: count)
            square = mean
        }

        mutating func move(_ weights: inout [Float], along gradient: [Float], rate: Float) {
            meanShare *= 0.9
            squareShare *= 0.999
            for index in weights.indices {
                mean[index] += 0.1 * (gradient[index] - mean[index])
                square[index] += 0.001 * (gradient[index] * gradient[index] - square[index])
                let size = (square[index] / (1 - squareShare)).squareRoot() + 1e-8
                weights[index] -= rate * (mean[index] / (1 - meanShare)) / size
            }
        }
    }
}
