import EnergyModel
import Foundation

/// A forecast's steps as 32-bit floats, little-endian, five a step.
enum StepBytes {
    private static let width = 20

    static func data(of steps: [FacilityForecast.Step]) -> Data {
        var bytes = Data(capacity: steps.count * width)
        for step in steps {
            for value in [step.low, step.middle, step.high, step.calendar, step.recent] {
                withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes.append(contentsOf: $0) }
            }
        }
        return bytes
    }

    /// Nil for bytes that are no steps, or whose values are no numbers.
    static func steps(in data: Data) -> [FacilityForecast.Step]? {
        guard data.count.isMultiple(of: width) else { return nil }
        let values = data.withUnsafeBytes { bytes in
            stride(from: 0, to: bytes.count, by: 4).map {
                Float(bitPattern: UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: $0, as: UInt32.self)))
            }
        }
        guard values.allSatisfy(\.isFinite) else { return nil }
        return stride(from: 0, to: values.count, by: 5).map { first in
            FacilityForecast.Step(
                low: values[first], middle: values[first + 1], high: values[first + 2], calendar: values[first + 3],
                recent: values[first + 4])
        }
    }
}
