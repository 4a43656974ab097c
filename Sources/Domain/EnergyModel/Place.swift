/// A point on the earth in degrees (WGS 84): latitude -90...90, north positive; longitude -180...180, east positive.
package struct Place: Hashable, Sendable, Codable, CustomStringConvertible {
    package static let latitudes = -90.0...90.0
    package static let longitudes = -180.0...180.0

    package let latitude: Double
    package let longitude: Double

    /// Nil outside the ranges, and for what is not finite.
    package init?(latitude: Double, longitude: Double) {
        guard Self.latitudes.contains(latitude), Self.longitudes.contains(longitude) else { return nil }
        self.latitude = latitude
        self.longitude = longitude
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let latitude = try container.decode(Double.self, forKey: .latitude)
        let longitude = try container.decode(Double.self, forKey: .longitude)
        guard let place = Place(latitude: latitude, longitude: longitude) else {
            throw DecodingError.dataCorruptedError(
                forKey: .latitude, in: container, debugDescription: "\(latitude), \(longitude) is no place on the earth"
            )
        }
        self = place
    }

    /// The square of a tenth of a degree, about 11 km, that has the place nearest its middle: weather is fetched and kept
    /// by these, so that neighbours share it.
    package var cell: WeatherCell {
        let east = Int((longitude * 10).rounded())
        // 180° east and 180° west are one meridian.
        return WeatherCell(latitude: Int((latitude * 10).rounded()), longitude: east == 1800 ? -1800 : east)
    }

    package var description: String { "\(latitude), \(longitude)" }
}

/// A square of a tenth of a degree, by its middle in whole tenths: latitude -900...900, longitude -1800..<1800.
package struct WeatherCell: Hashable, Sendable, Codable, Comparable, CustomStringConvertible {
    package let latitude: Int
    package let longitude: Int

    /// Values outside the ranges are brought to their ends.
    package init(latitude: Int, longitude: Int) {
        self.latitude = min(900, max(-900, latitude))
        self.longitude = min(1799, max(-1800, longitude))
    }

    /// The middle in degrees, of one decimal at most: `52.5,13.4`, and `40,-87.6` without an idle zero.
    package var text: String { "\(WeatherCell.degrees(latitude)),\(WeatherCell.degrees(longitude))" }
    package var latitudeText: String { WeatherCell.degrees(latitude) }
    package var longitudeText: String { WeatherCell.degrees(longitude) }
    package var description: String { text }

    package static func < (left: WeatherCell, right: WeatherCell) -> Bool {
        (left.latitude, left.longitude) < (right.latitude, right.longitude)
    }

    private static func degrees(_ tenths: Int) -> String {
        let (whole, part) = (abs(tenths) / 10, abs(tenths) % 10)
        return (tenths < 0 ? "-" : "") + (part == 0 ? "\(whole)" : "\(whole).\(part)")
    }
}
