import EnergyModel

extension SagaStateMachine {
    /// Compares measured reductions with what was promised and commanded (CF-24), once each building had its settling time.
    /// Facilities without a measurement are not judged, never taken for zero. Crossings are recorded, not every measurement.
    package mutating func measured(_ reductions: [FacilityID: Power], _ moment: SagaMoment) -> Output {
        var output = Output()
        guard !isOver else { return output }
        for index in legs.indices {
            guard let measured = reductions[legs[index].facility] else { continue }
            judge(index, measured, moment, &output)
            drive(index, moment, &output)
        }
        judgeWhole(reductions, moment, &output)
        refresh(moment, &output)
        return output
    }

    private mutating func judge(
        _ index: Int, _ measured: Power, _ moment: SagaMoment, _ output: inout Output
    ) {
        let leg = legs[index]
        guard leg.progress.state == .active || leg.progress.state == .degraded, hasSettled(leg, moment) else { return }
        let recorded = leg.confirmed
        var next = leg.progress
        next.isUnderDelivering = measured.kilowatts < rules.underDeliveryShare * recorded.kilowatts
        let difference = abs(measured.kilowatts - recorded.kilowatts)
        next.isDiscrepant = difference > rules.discrepancyShare * abs(recorded.kilowatts)
        guard next != leg.progress else { return }
        var notices: [DRNotice] = []
        if next.isUnderDelivering, !leg.progress.isUnderDelivering {
            notices.append(.underDelivery(leg.facility, achieved: measured, target: recorded))
        }
        if next.isDiscrepant, !leg.progress.isDiscrepant {
            notices.append(.discrepancy(leg.facility, recorded: recorded, measured: measured))
        }
        becomeLeg(index, next, sentence(measured, recorded), moment, &output, notices: notices)
    }

    private mutating func judgeWhole(
        _ reductions: [FacilityID: Power], _ moment: SagaMoment, _ output: inout Output
    ) {
        guard let plan, let target = plan.target, moment.now < plan.window.end, let since = progress.firstConfirmedAt,
            moment.now.since(since) >= rules.settlingTime
        else { return }
        // What is not measured counts as commanded: missing data must not raise a false alarm.
        let achieved = legs.reduce(Power.zero) { $0 + (reductions[$1.facility] ?? $1.confirmed) }
        var next = progress
        next.isUnderDelivering = achieved.kilowatts < rules.underDeliveryShare * target.kilowatts
        let isNew = next.isUnderDelivering && !progress.isUnderDelivering
        become(
            next, sentence(achieved, target), moment, &output,
            notices: isNew ? [.underDelivery(nil, achieved: achieved, target: target)] : [])
    }

    private func hasSettled(_ leg: LegStateMachine, _ moment: SagaMoment) -> Bool {
        leg.progress.activeSince.map { moment.now.since($0) >= rules.settlingTime } ?? false
    }

    private func sentence(_ measured: Power, _ wanted: Power) -> String {
        "Meters show \(measured.kilowatts.rounded()) kW of \(wanted.kilowatts.rounded()) kW."
    }
}
