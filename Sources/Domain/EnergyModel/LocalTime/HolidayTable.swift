/// The holidays of a region or a programme, as rules: which days do not count as business days is the programme's
/// decision, so the table is configuration. One rule a line, `name = rule`:
///
///     Independence Day = 07-04 sunday-to-monday
///     Memorial Day     = last monday 05
///     Thanksgiving     = 4th thursday 11
///     Good Friday      = easter -2
///     Works shutdown   = 2026-12-24
package struct HolidayTable: Hashable, Sendable, Codable {
    package struct Holiday: Hashable, Sendable, Codable {
        package var name: String
        package var rule: HolidayRule

        package init(name: String, rule: HolidayRule) {
            self.name = name
            self.rule = rule
        }
    }

    package var holidays: [Holiday]

    package init(_ holidays: [Holiday]) { self.holidays = holidays }

    package static let none = HolidayTable([])

    /// The holiday's name; nil on other days. A moved holiday counts on its own date and on the day it is observed.
    package func name(of date: CivilDate) -> String? {
        holidays.first { holiday in
            // New Year's Day on a Saturday is observed in the year before.
            [date.year, date.year + 1].contains { holiday.rule.dates(in: $0).contains(date) }
        }?.name
    }

    /// The six of NERC's off-peak days; a Sunday moves to Monday, a Saturday stays (DOMAIN §2.1).
    package static let nerc = preset(
        """
        New Year's Day = 01-01 sunday-to-monday
        Memorial Day = last monday 05
        Independence Day = 07-04 sunday-to-monday
        Labor Day = 1st monday 09
        Thanksgiving Day = 4th thursday 11
        Christmas Day = 12-25 sunday-to-monday
        """)

    /// 5 U.S.C. 6103: Saturday moves to Friday, Sunday to Monday.
    package static let usFederal = preset(
        """
        New Year's Day = 01-01 nearest-weekday
        Martin Luther King Jr. Day = 3rd monday 01
        Washington's Birthday = 3rd monday 02
        Memorial Day = last monday 05
        Juneteenth = 06-19 nearest-weekday
        Independence Day = 07-04 nearest-weekday
        Labor Day = 1st monday 09
        Columbus Day = 2nd monday 10
        Veterans Day = 11-11 nearest-weekday
        Thanksgiving Day = 4th thursday 11
        Christmas Day = 12-25 nearest-weekday
        """)

    private static func preset(_ text: String) -> HolidayTable {
        do {
            return try HolidayTable(parsing: text)
        } catch {
            preconditionFailure("our own table: \(error)")
        }
    }
}

extension HolidayTable {
    /// Reads the lines above; blank lines and those that begin with `#` are skipped. `nerc` and `us-federal` alone on a
    /// line stand for those tables.
    package init(parsing text: String) throws(HolidayTableError) {
        holidays = []
        for (index, raw) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let words = raw.split { $0 == " " || $0 == "\t" || $0 == "\r" }.map(String.init)
            guard let firstWord = words.first, !firstWord.hasPrefix("#") else { continue }
            switch words {
            case ["nerc"]: holidays += HolidayTable.nerc.holidays
            case ["us-federal"]: holidays += HolidayTable.usFederal.holidays
            default:
                guard let equals = words.firstIndex(of: "="), equals > 0,
                    let rule = HolidayRule(words: words[(equals + 1)...].map { $0.lowercased() })
                else { throw HolidayTableError(line: index + 1, text: words.joined(separator: " ")) }
                holidays.append(Holiday(name: words[..<equals].joined(separator: " "), rule: rule))
            }
        }
    }
}

package struct HolidayTableError: Error, Hashable, CustomStringConvertible {
    package let line: Int
    package let text: String

    package var description: String {
        "holidays, line \(line): \(text.debugDescription) is no rule; write `Name = 07-04`, with sunday-to-monday or "
            + "nearest-weekday after it if it moves, `Name = last monday 05`, `Name = 4th thursday 11`, "
            + "`Name = easter -2` or `Name = 2026-12-24`"
    }
}
