import EnergyModel

/// Writes readings as the decoder reads them: for the simulator, exports and tests.
package enum ReadingEncoder {
    /// Appends one JSON object in the plain form, without a line end. What the reading lacks (NaN) is left out. A finite
    /// number comes back bit for bit. Allocates nothing but the growth of `bytes`.
    package static func appendJSON(
        _ reading: Reading, meter: MeterID, facility: FacilityID, to bytes: inout [UInt8]
    ) {}

    /// One protobuf `ReadingBatch`. With `facility` given it is written once for the batch, and items of that facility
    /// leave it out.
    package static func protobuf(
        _ items: [(reading: Reading, meter: MeterID, facility: FacilityID)], facility: FacilityID? = nil
    ) -> [UInt8] { [] }
}
