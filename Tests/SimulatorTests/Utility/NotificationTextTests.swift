import DemandResponse
import EnergyModel
import Testing

@testable import Simulator

@Suite("A utility's notifications")
struct NotificationTextTests {
    static let start = UTCInstant(seconds: 1_780_000_000)

    static func order(_ demand: UtilityOrder.Demand = .limit(Power(kilowatts: 400.5))) -> UtilityOrder {
        UtilityOrder(
            id: "evt-1", name: "Heat \"wave\" \u{1}", start: start, length: .seconds(5430), demand: demand,
            facilities: [FacilityID("F-001")!, FacilityID("F-002")!], createdAt: start.advanced(by: .seconds(-60)))
    }

    @Test(
        "are read by the engine's decoder as they were meant, in every form and word",
        arguments: UtilityOrder.Form.allCases, UtilityWord.allCases)
    func decoded(form: UtilityOrder.Form, word: UtilityWord) throws {
        let demands: [(UtilityOrder.Demand, UtilityEvent.Payload)] = [
            (.limit(Power(kilowatts: 400.5)), .limit([Power(kilowatts: 400.5)])),
            (.reduction(Power(kilowatts: 120)), .reduction([Power(kilowatts: 120)])), (.level(2), .level([2])),
        ]
        for (demand, payload) in demands {
            let order = Self.order(demand)
            let body = NotificationText(form: form).body(word, order)
            let notification = try NotificationDecoder(relativeMeansReduction: true).decode(body)
            let forms: [UtilityOrder.Form: UtilityNotification.Form] = [
                .openADR31: .openADR31, .openADR30: .openADR30, .plain: .plain,
            ]
            // DELETE is the same word in both vocabularies; only its targets tell them apart.
            #expect(notification.form == forms[form])
            guard word != .delete else {
                #expect(notification.operation == .delete)
                let id = try #require(DREventID("evt-1"))
                #expect(notification.subject == .deletion(id, modifiedAt: order.modifiedAt))
                continue
            }
            #expect(notification.operation == (word == .create ? .create : .update))
            guard case .event(let event) = notification.subject else { Issue.record("no event"); continue }
            #expect(event.name == order.name && event.priority == 1 && event.program == order.program)
            #expect(event.createdAt == order.createdAt && event.modifiedAt == order.modifiedAt)
            #expect(event.targets.map(\.value) == ["F-001", "F-002"])
            #expect(event.intervals.map(\.payloads) == [[payload]])
            #expect(event.isCancellation == (word == .zeroLength))
            let schedule = try EventSchedule.resolve(event, now: Self.start, shift: 0)
            #expect(schedule.slots.map(\.range.duration) == (word == .zeroLength ? [] : [.seconds(5430)]))
        }
    }

    @Test("same order, same bytes")
    func bytes() {
        let body = NotificationText(form: .openADR31).body(.create, Self.order())
        #expect(body == NotificationText(form: .openADR31).body(.create, Self.order()))
        #expect(String(decoding: body, as: UTF8.self).contains("\"duration\":\"PT1H30M30S\""))
    }
}
