import BuildingSOAP
import EnergyModel

/// Between the SOAP wire and the model: what was asked, and how a building says what it did.
enum BuildingWire {
    static func kind(_ operation: BuildingOperation) -> BuildingRequestKind {
        switch operation {
        case .executeCommands: .execute
        case .getExecution: .status
        case .readPoints(let points): points.isEmpty ? .points : .read
        case .releaseAll: .release
        }
    }

    static func perform(
        _ operation: BuildingOperation, on building: inout SimulatedBuilding, _ faults: inout FaultStateMachine,
        refusing: BuildingReceipt.Rejection?
    ) -> Result<BuildingOperationAnswer, SOAPFault> {
        switch operation {
        case .executeCommands(let command):
            return execute(command, on: &building, &faults, refusing: refusing)
        case .getExecution(let query): return .success(.executions(reports(query, building)))
        case .readPoints(let wanted): return .success(.points(read(wanted, building)))
        case .releaseAll(let release): return self.release(release, on: &building, faults)
        }
    }

    // MARK: - Commands

    private static func execute(
        _ command: ExecuteCommands, on building: inout SimulatedBuilding, _ faults: inout FaultStateMachine,
        refusing: BuildingReceipt.Rejection?
    ) -> Result<BuildingOperationAnswer, SOAPFault> {
        let now = building.now
        if let fault = lockout(faults, now) { return .failure(fault) }
        if building.hasActed(under: command.idempotencyToken) {
            faults.duplicateSeen(now: now)
            if faults.profile.duplicates == .fault {
                building.noteDuplicate(command.idempotencyToken)
                return .failure(
                    SOAPFault(.sender, faultCode: "DUPLICATE", reason: "This idempotency token was used before."))
            }
        }
        var writes: [BuildingWrite] = []
        for item in command.items {
            guard let slot = PrioritySlot(rawValue: item.priority) else {
                return .failure(
                    SOAPFault(.sender, faultCode: "INVALID_PRIORITY", reason: "A priority is 1 to 16."))
            }
            writes.append(
                BuildingWrite(point: item.point, value: item.value, slot: slot, expiresAt: item.expiresAt))
        }
        let receipts = building.execute(writes, key: command.idempotencyToken, refusing: refusing)
        let results = receipts.map { receipt in result(receipt, building) }
        return .success(.commands(idempotencyToken: command.idempotencyToken, results))
    }

    private static func lockout(_ faults: FaultStateMachine, _ now: UTCInstant) -> SOAPFault? {
        guard faults.isLockedOut(now: now) else { return nil }
        return SOAPFault(
            .sender, faultCode: "LOCKOUT", reason: "Too many repeated commands; the building takes none for a while.")
    }

    private static func result(_ receipt: BuildingReceipt, _ building: SimulatedBuilding) -> CommandResult {
        let execution = building.execution(id: receipt.execution)
        let outcome: CommandResult.Outcome =
            switch receipt.state {
            case .accepted: execution?.state == .applied ? .applied : .accepted
            case .duplicate: .duplicate(of: execution?.state == .applied ? .applied : .accepted)
            case .rejected(let rejection): .rejected(refusal(rejection.code))
            }
        return CommandResult(
            point: receipt.point, executionID: receipt.execution.isEmpty ? nil : receipt.execution, outcome: outcome)
    }

    private static func reports(_ query: GetExecution, _ building: SimulatedBuilding) -> [ExecutionReport] {
        let found: [BuildingExecution] =
            switch query {
            case .executionID(let id): building.execution(id: id).map { [$0] } ?? []
            case .idempotencyToken(let key): building.executions(key: key)
            }
        guard !found.isEmpty else { return [ExecutionReport(point: nil, executionID: nil, state: .unknown)] }
        return found.map { execution in
            let state: ExecutionReport.State =
                switch execution.state {
                case .pending: .pending
                case .applied: .applied(readback: building.value(of: execution.write.point, at: execution.write.slot))
                case .failed: .failed(refusal(execution.fault ?? "BUSY"))
                }
            return ExecutionReport(point: execution.write.point, executionID: execution.id, state: state)
        }
    }

    private static func release(
        _ release: ReleaseAll, on building: inout SimulatedBuilding, _ faults: FaultStateMachine
    ) -> Result<BuildingOperationAnswer, SOAPFault> {
        if let fault = lockout(faults, building.now) { return .failure(fault) }
        let slots = release.priorities.compactMap { PrioritySlot(rawValue: $0) }
        guard slots.count == release.priorities.count, slots.allSatisfy({ $0.rawValue >= 7 }) else {
            return .failure(
                SOAPFault(
                    .sender, faultCode: "INVALID_PRIORITY", reason: "Priorities 7 to 16 can be released from here."))
        }
        let released = building.releaseAll(slots, of: nil, key: release.idempotencyToken)
        return .success(
            .released(ReleaseReport(idempotencyToken: release.idempotencyToken, released: released)))
    }

    // MARK: - Points

    private static func read(_ wanted: [PointID], _ building: SimulatedBuilding) -> [PointReport] {
        let positions = wanted.isEmpty ? Array(building.points.indices) : wanted.compactMap(building.position)
        return positions.map { position in
            let point = building.points[position]
            let reading = point.reading(at: building.now)
            let description = point.description
            return PointReport(
                point: reading.point, value: reading.value, slots: reading.slots, at: reading.at,
                description: PointDescription(
                    kind: description.kind, zone: description.zone, normal: description.normal,
                    rated: description.rated, isCritical: description.isCritical,
                    longestShed: description.longestShed))
        }
    }

    private static func refusal(_ code: String) -> BuildingRefusal {
        let message =
            switch code {
            case "BUSY": "The device behind the point does not answer now."
            case "EXPIRED": "The command had expired."
            case "INVALID_PRIORITY": "Priorities 7 to 16 can be written from here."
            case "INVALID_VALUE": "The device does not take that value."
            case "KEY_REUSED": "The idempotency token stood for another command."
            case "NOT_WRITABLE": "The point cannot be commanded."
            case "UNKNOWN_POINT": "There is no such point."
            default: "The command was not done."
            }
        return BuildingRefusal(faultCode: code, message: message)
    }
}
