import DemandResponse
import EnergyModel
import Testing

private let sample = """
    {"objectType":"EVENT","operation":"CREATE","targets":["facility-0042"],"object":{
     "id":"evt-2026-07-15-a","createdDateTime":"2026-07-15T17:30:00Z","modificationDateTime":"2026-07-15T17:30:00Z",
     "objectType":"EVENT","programID":"cbp-program-1","eventName":"CBP day-of","priority":1,
     "intervalPeriod":{"start":"2026-07-15T21:00:00Z","duration":"PT15M","randomizeStart":"PT0S"},
     "payloadDescriptors":[{"objectType":"EVENT_PAYLOAD_DESCRIPTOR","payLoadType":"IMPORT_CAPACITY_LIMIT","units":"KW"}],
     "reportDescriptors":[{"payloadType":"DEMAND"},{"payloadType":"BASELINE"}],
     "intervals":[
      {"id":0,"payloads":[{"type":"SIMPLE","values":[2]},{"type":"IMPORT_CAPACITY_LIMIT","values":[400.0]}]},
      {"id":1,"payloads":[{"type":"SIMPLE","values":[2]},{"type":"IMPORT_CAPACITY_LIMIT","values":[350.0]}]}]}}
    """

private func decode(_ text: String, relative: Bool = false) throws(EventRejection) -> UtilityNotification {
    try NotificationDecoder(relativeMeansReduction: relative).decode(Array(text.utf8))
}

private func event(_ notification: UtilityNotification) throws -> UtilityEvent {
    guard case .event(let event) = notification.subject else { throw EventRejection(.unsupported, "", "no event") }
    return event
}

@Suite("Utility notifications")
struct NotificationTests {
    @Test("a 3.1.0 notification with every part")
    func openADR31() throws {
        let notification = try decode(sample)
        let event = try event(notification)
        #expect(notification.form == .openADR31)
        #expect(notification.operation == .create)
        #expect(event.id.text == "evt-2026-07-15-a")
        #expect(event.priority == 1)
        #expect(event.targets == [UtilityEvent.Target(value: "facility-0042")])
        #expect(event.reports == ["DEMAND", "BASELINE"])
        #expect(event.intervals[1].payloads == [.level([2]), .limit([Power(kilowatts: 350)])])
    }

    @Test("3.0.1 speaks POST and typed targets; the RI speaks snake_case")
    func openADR30() throws {
        let notification = try decode(
            """
            {"object_type":"EVENT","operation":"POST","object":{"id":"e1","program_id":"p","x_unknown":{"y":[1]},
             "targets":[{"type":"RESOURCE_NAME","values":["a","b"]}],
             "interval_period":{"start":"0001-01-01","duration":"PT1H"},
             "intervals":[{"id":0,"payloads":[{"type":"SIMPLE","values":[1]}]}]}}
            """)
        let event = try event(notification)
        #expect(notification.form == .openADR30)
        #expect(event.targets.map(\.value) == ["a", "b"])
        #expect(event.period?.start == .now)
    }

    @Test(
        "both vocabularies mean the same",
        arguments: [
            ("CREATE", .create), ("POST", .create), ("UPDATE", .update), ("PUT", .update), ("READ", .read),
            ("GET", .read), ("DELETE", .delete), ("delete", .delete),
        ] as [(String, UtilityNotification.Operation)])
    func vocabularies(word: String, operation: UtilityNotification.Operation) throws {
        let text = sample.replacing("\"CREATE\"", with: "\"\(word)\"")
        #expect(try decode(text).operation == operation)
    }

    @Test("the plain form")
    func plain() throws {
        let notification = try decode(
            """
            {"event_id":"E-1","utility_request_id":"R 7","program_id":"cbp","start":"2026-07-15T21:00:00Z",
             "end":"2026-07-15T23:00:00Z","target_reduction_kw":500,"facility_ids":["F-001"],"priority":"critical"}
            """)
        let event = try event(notification)
        #expect(notification.form == .plain)
        #expect(event.utilityRequestID == "R 7")
        #expect(event.priority == 0)
        #expect(event.period?.duration == CalendarDuration(milliseconds: 7_200_000))
        #expect(event.intervals.first?.payloads == [.reduction([Power(kilowatts: 500)])])
        let cancel = try decode("{\"event_id\":\"E-1\",\"operation\":\"cancel\"}")
        #expect(cancel.subject == .deletion(event.id, modifiedAt: nil))
    }

    @Test("other objects are acknowledged, not understood")
    func unrelated() throws {
        let notification = try decode("{\"objectType\":\"PROGRAM\",\"operation\":\"UPDATE\",\"object\":{}}")
        #expect(notification.subject == .unrelated("PROGRAM"))
    }

    static let wrong: [(String, String, EventRejection.Code)] = [
        ("\"priority\":1", "\"priority\":-1", .badValue),
        ("\"priority\":1", "\"priority\":1.5", .badValue),
        ("\"programID\":\"cbp-program-1\",", "", .missingField),
        ("evt-2026-07-15-a", "evt/1", .badValue),
        ("evt-2026-07-15-a", "", .badValue),
        ("\"PT15M\"", "\"15m\"", .badValue),
        ("\"PT15M\"", "\"-PT15M\"", .badValue),
        ("2026-07-15T21:00:00Z", "2026-07-15T21:00:00", .badValue),
        ("2026-07-15T21:00:00Z", "3026-07-15T21:00:00Z", .badValue),
        ("[400.0]", "[-1]", .badValue), ("[400.0]", "[1e9]", .badValue), ("[400.0]", "[]", .badValue),
        ("[400.0]", "[\"400\"]", .badValue), ("[400.0]", "[1e999]", .malformedJSON),
        ("\"values\":[2]", "\"values\":[4]", .badValue),
        ("\"CREATE\"", "\"CANCEL\"", .badValue),
        ("\"units\":\"KW\"", "\"units\":\"KWH\"", .unsupported),
        ("\"SIMPLE\"", "\"LOAD_SHED_DELTA_AVAILABLE\"", .badValue),
        ("\"SIMPLE\"", "\"DISPATCH_SETPOINT_RELATIVE\"", .unsupported),
        ("\"priority\":1", "\"priority\":1,\"priority\":2", .malformedJSON),
        ("\"priority\":1", "\"priority\":1,\"program_id\":\"x\"", .malformedJSON),
    ]

    @Test("what is wrong is refused with its place", arguments: 0..<wrong.count)
    func refuses(index: Int) {
        let (old, new, code) = Self.wrong[index]
        let text = sample.replacing(old, with: new)
        #expect(text != sample)
        let error = #expect(throws: EventRejection.self) { _ = try decode(text) }
        #expect(error?.code == code, "\(old) -> \(new): \(String(describing: error))")
        #expect(error?.sentence.isEmpty == false)
    }

    @Test("a relative set-point counts where the program says so")
    func relative() throws {
        let text = sample.replacing("IMPORT_CAPACITY_LIMIT", with: "DISPATCH_SETPOINT_RELATIVE")
        let event = try event(try decode(text, relative: true))
        #expect(event.intervals[0].payloads.contains(.reduction([Power(kilowatts: 400)])))
    }

    @Test("depth, size and length are bounded")
    func bounded() {
        let deep = String(repeating: "[", count: 100_000)
        #expect(throws: EventRejection.self) { _ = try decode(deep) }
        #expect(throws: EventRejection.self) { _ = try decode("{\"a\":" + deep) }
        let big = "{\"a\":\"" + String(repeating: "x", count: 1_100_000) + "\"}"
        let error = #expect(throws: EventRejection.self) { _ = try decode(big) }
        #expect(error?.code == .tooLarge)
        let many = sample.replacing(
            "[400.0]", with: "[" + Array(repeating: "1", count: 1_001).joined(separator: ",") + "]")
        #expect(throws: EventRejection.self) { _ = try decode(many) }
    }

    @Test("no byte string traps the decoder", arguments: 0..<40)
    func fuzz(seed: Int) {
        var dice = SagaDice(UInt64(seed))
        for _ in 0..<250 {
            var bytes = Array(sample.utf8)
            for _ in 0..<Int.random(in: 1...8, using: &dice) {
                let at = Int.random(in: 0..<bytes.count, using: &dice)
                switch Int.random(in: 0..<4, using: &dice) {
                case 0: bytes[at] = UInt8.random(in: 0...255, using: &dice)
                case 1: bytes.remove(at: at)
                case 2: bytes.insert(contentsOf: Array("\\\\u{[\"9e".utf8).shuffled(using: &dice).prefix(3), at: at)
                default: bytes.removeLast(Int.random(in: 0..<min(40, bytes.count), using: &dice))
                }
            }
            do {
                let notification = try NotificationDecoder().decode(bytes)
                guard case .event(let event) = notification.subject else { continue }
                _ = try EventSchedule.resolve(event, now: sagaStart, shift: 0.3)
            } catch {
                #expect(!error.sentence.isEmpty)
            }
        }
    }
}
