import DemandResponse
import EnergyModel
import Engine

extension EngineSettings.Response {
    /// Demand response as configured. The loader has checked every value.
    init(_ settings: Settings) {
        self.init()
        takeWhole(settings)
        takeIntake(settings)
        takeFollowUp(settings)
        takeBuildings(settings)
        takeSaga(settings)
        takePlan(settings)
        takeEnvelope(settings)
        takeReport(settings)
    }

    private mutating func takeReport(_ settings: Settings) {
        report.rule = BaselineRule.named(settings.text("baseline.rule")) ?? report.rule
        report.holidays =
            EngineSettings.Report.Holidays(rawValue: settings.text("baseline.holidays")) ?? report.holidays
        report.dataWait = settings.span("report.data_wait")
        report.checkInterval = settings.span("report.check_interval")
        report.freezeAfter = settings.span("report.freeze_after")
        report.postPatience = settings.span("vtn.give_up_after")
    }

    private mutating func takeWhole(_ settings: Settings) {
        approval = Approval(rawValue: settings.text("dr.approval")) ?? approval
        missingShare = settings.number("dr.missing_share")
        clientName = settings.text("dr.client_name")
        relativeMeansReduction = settings.flag("dr.relative_means_reduction")
        commitTimeout = settings.span("dr.commit_timeout")
        tick = settings.span("dr.tick")
        owner = settings.text("dr.owner")
        lease = settings.span("dr.lease")
        leaseRenewal = settings.span("dr.lease_renewal")
        openEvents = settings.integer("dr.open_events")
    }

    private mutating func takeIntake(_ settings: Settings) {
        intake.perSecond = settings.number("dr.intake_rate")
        intake.highWater = settings.integer("dr.high_water")
        intake.capacity = settings.integer("dr.capacity")
        intake.appendTimeout = settings.span("dr.append_timeout")
        intake.retryAfter = settings.span("dr.retry_after")
        intake.deliveryMemory = settings.span("dr.delivery_memory")
        intake.deliveries = settings.integer("dr.deliveries")
        intake.attempts = settings.integer("dr.attempts")
        intake.firstDelay = settings.span("dr.retry_first")
        intake.longestDelay = settings.span("dr.retry_limit")
        intake.pollWait = settings.span("dr.poll_wait")
    }

    private mutating func takeFollowUp(_ settings: Settings) {
        followUp.reconcileInterval = settings.span("dr.reconcile_interval")
        followUp.watchdogInterval = settings.span("dr.watchdog_interval")
        followUp.watchdogGrace = settings.span("dr.watchdog_grace")
        followUp.noticeInterval = settings.span("dr.notice_interval")
        followUp.noticeFirstDelay = settings.span("dr.notice_first_delay")
        followUp.noticeLongestDelay = settings.span("dr.notice_longest_delay")
        followUp.noticeAttempts = settings.integer("dr.notice_attempts")
        followUp.callbackTimeout = settings.span("dr.callback_timeout")
        followUp.tiers = (1...3).map { settings.span("dr.tier_\($0)") }
        followUp.tierInterval = settings.span("dr.tier_interval")
    }

    private mutating func takeBuildings(_ settings: Settings) {
        buildings.concurrent = settings.integer("bms.concurrent")
        buildings.concurrentOverall = settings.integer("bms.concurrent_overall")
        buildings.waiting = settings.integer("bms.waiting")
        buildings.consecutiveFailures = settings.integer("bms.breaker_failures")
        buildings.consecutiveTimeouts = settings.integer("bms.breaker_timeouts")
        buildings.failureShare = settings.number("bms.breaker_share")
        buildings.failureMinimumCalls = settings.integer("bms.breaker_calls")
        buildings.failureWindow = settings.span("bms.breaker_window")
        buildings.coolDown = settings.span("bms.breaker_cooldown")
        buildings.longestCoolDown = settings.span("bms.breaker_cooldown_limit")
        buildings.slowCall = settings.span("bms.slow_call")
        buildings.readTimeout = settings.span("bms.read_timeout")
        buildings.pointsAge = settings.span("bms.points_age")
    }

    private mutating func takeSaga(_ settings: Settings) {
        saga.attempts = settings.integer("saga.attempts")
        saga.firstDelay = settings.span("saga.first_delay")
        saga.longestDelay = settings.span("saga.longest_delay")
        saga.jitter = settings.number("saga.jitter")
        saga.answerBudget = settings.span("saga.answer_budget")
        saga.confirmationDeadline = settings.span("saga.confirmation")
        saga.pollInterval = settings.span("saga.poll_interval")
        saga.lateArrival = settings.span("saga.late_arrival")
        saga.releaseTiers = (1...3).map { settings.span("saga.release_tier_\($0)") }
        saga.keptShare = settings.number("saga.kept_share")
        saga.settlingTime = settings.span("saga.settling_time")
        saga.underDeliveryShare = settings.number("saga.under_delivery")
        saga.discrepancyShare = settings.number("saga.discrepancy")
    }

    private mutating func takePlan(_ settings: Settings) {
        plan.slot = PrioritySlot(rawValue: settings.integer("plan.slot")) ?? plan.slot
        plan.widestBand = settings.number("plan.widest_band")
        plan.stageHold = settings.span("plan.stage_hold")
        plan.releaseStep = settings.span("plan.release_step")
        plan.releaseSpread = settings.span("plan.release_spread")
        plan.expiryGrace = settings.span("plan.expiry_grace")
        plan.lead = settings.span("plan.lead")
        plan.estimate.heuristicShare = settings.number("plan.heuristic_share")
        plan.estimate.coolingBegins = settings.number("plan.cooling_begins")
        outlook.minutes = settings.integer("plan.band_minutes")
        outlook.lowerShare = settings.number("plan.band_lower")
        outlook.upperShare = settings.number("plan.band_upper")
        outlook.adjustmentFrom = settings.span("plan.adjustment_from")
        outlook.adjustmentTo = settings.span("plan.adjustment_to")
        outlook.shedMemory = settings.span("plan.shed_memory")
    }

    private mutating func takeEnvelope(_ settings: Settings) {
        // The loader holds the lower ones below the upper ones.
        plan.envelope.cooling = settings.number("plan.cooling_lowest")...settings.number("plan.cooling_highest")
        plan.envelope.heating = settings.number("plan.heating_lowest")...settings.number("plan.heating_highest")
        plan.envelope.deadband = settings.number("plan.deadband")
        plan.envelope.largestChange = settings.number("plan.largest_change")
        plan.envelope.dimmest = settings.number("plan.dimmest")
        plan.envelope.relayHold = settings.span("plan.relay_hold")
    }
}
