/// How well predictions follow observations (ASHRAE Guideline 14; DOMAIN §2.7).
package struct FitStatistics: Hashable, Sendable, Codable {
    package enum Period: String, Sendable, Codable {
        case hourly, monthly

        /// Highest CV(RMSE) and |NMBE| of a calibrated model, as shares.
        var limits: (cvrmse: Double, nmbe: Double) {
            switch self {
            case .hourly: (0.30, 0.10)
            case .monthly: (0.15, 0.05)
            }
        }
    }

    package let count: Int
    /// Root mean square of the residuals, in the unit of the observations; divided by n.
    package let rmse: Double
    /// RMSE over the mean observation, as a share.
    package let cvrmse: Double
    /// The same with n - p under the root; nil when there are not more points than parameters.
    package let adjustedCVRMSE: Double?
    /// Sum of (observed - predicted) over sum of observed: above zero when the model predicts too little.
    package let nmbe: Double

    /// Nil without points, with lists of unequal length, or when the observations add up to zero.
    package init?(observed: [Double], predicted: [Double], parameters: Int = 1) {
        let sum = observed.reduce(0, +)
        guard !observed.isEmpty, observed.count == predicted.count, sum != 0 else { return nil }
        let residuals = zip(observed, predicted).map { $0 - $1 }
        let squares = residuals.reduce(0) { $0 + $1 * $1 }
        let mean = sum / Double(observed.count)
        count = observed.count
        rmse = (squares / Double(count)).squareRoot()
        cvrmse = rmse / mean
        let freedom = count - parameters
        adjustedCVRMSE = freedom > 0 ? (squares / Double(freedom)).squareRoot() / mean : nil
        nmbe = residuals.reduce(0, +) / sum
    }

    package func meetsGuideline14(_ period: Period) -> Bool {
        abs(cvrmse) <= period.limits.cvrmse && abs(nmbe) <= period.limits.nmbe
    }
}
