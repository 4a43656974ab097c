import EnergyModel

extension BuildingOperationAnswer {
    private var operation: BuildingOperation.Name {
        switch self {
        case .commands: .executeCommands
        case .executions: .getExecution
        case .points: .readPoints
        case .released: .releaseAll
        }
    }

    /// The element inside `Body`.
    func write(to writer: inout XMLWriter) {
        writer.open(operation.rawValue + "Response", [("xmlns", BuildingWSDL.namespace)])
        switch self {
        case .commands(let token, let results):
            writer.leaf("idempotency_token", token)
            for result in results { result.write(to: &writer) }
        case .executions(let reports): for report in reports { report.write(to: &writer) }
        case .points(let reports): for report in reports { report.write(to: &writer) }
        case .released(let report): report.write(to: &writer)
        }
        writer.close()
    }

    init(_ element: XMLElement) throws(WireError) {
        let name = element.name.local
        guard element.name.namespace == BuildingWSDL.namespace, name.hasSuffix("Response"),
            let operation = BuildingOperation.Name(rawValue: String(name.dropLast("Response".count)))
        else { throw WireError(sentence: "The answer is not one of \(BuildingWSDL.namespace).") }
        switch operation {
        case .executeCommands:
            var results: [CommandResult] = []
            for item in try element.repeated("item") { results.append(try CommandResult(item)) }
            self = .commands(idempotencyToken: try element.required("idempotency_token").token(), results)
        case .getExecution:
            var reports: [ExecutionReport] = []
            for report in try element.repeated("execution") { reports.append(try ExecutionReport(report)) }
            guard !reports.isEmpty else { throw WireError(sentence: "execution is missing.") }
            self = .executions(reports)
        case .readPoints:
            var reports: [PointReport] = []
            for report in try element.repeated("point") { reports.append(try PointReport(report)) }
            self = .points(reports)
        case .releaseAll: self = .released(try ReleaseReport(element))
        }
    }
}

extension CommandResult {
    fileprivate func write(to writer: inout XMLWriter) {
        writer.open("item")
        writer.leaf("point", point.text)
        if let executionID { writer.leaf("executionId", executionID) }
        switch outcome {
        case .accepted: writer.leaf("state", "ACCEPTED")
        case .applied: writer.leaf("state", "APPLIED")
        case .rejected(let refusal):
            writer.leaf("state", "REJECTED")
            refusal.write(to: &writer)
        case .duplicate(let earlier):
            writer.leaf("state", "DUPLICATE")
            if let earlier { writer.leaf("earlier", earlier.rawValue) }
        }
        writer.close()
    }

    fileprivate init(_ element: XMLElement) throws(WireError) {
        point = try element.required("point").point()
        executionID = try element.optional("executionId")?.token()
        switch try element.required("state").simpleText() {
        case "ACCEPTED": outcome = .accepted
        case "APPLIED": outcome = .applied
        case "REJECTED": outcome = .rejected(try BuildingRefusal(element))
        case "DUPLICATE":
            guard let earlier = try element.optional("earlier")?.simpleText() else {
                outcome = .duplicate(of: nil)
                return
            }
            guard let known = Earlier(rawValue: earlier) else { throw WireError(sentence: "earlier is not known.") }
            outcome = .duplicate(of: known)
        default: throw WireError(sentence: "state is not ACCEPTED, APPLIED, REJECTED or DUPLICATE.")
        }
    }
}

extension BuildingRefusal {
    fileprivate func write(to writer: inout XMLWriter) {
        writer.leaf("faultCode", faultCode)
        writer.leaf("message", message)
    }

    /// Lenient: a refusal counts however it is worded.
    fileprivate init(_ element: XMLElement) throws(WireError) {
        faultCode = try element.optional("faultCode")?.trimmedText ?? ""
        message = try element.optional("message")?.trimmedText ?? ""
    }
}

extension ExecutionReport {
    fileprivate func write(to writer: inout XMLWriter) {
        writer.open("execution")
        if let executionID { writer.leaf("executionId", executionID) }
        if let point { writer.leaf("point", point.text) }
        switch state {
        case .pending: writer.leaf("state", "PENDING")
        case .applied(let readback):
            writer.leaf("state", "APPLIED")
            writer.nillable("readback", readback)
        case .failed(let refusal):
            writer.leaf("state", "FAILED")
            refusal.write(to: &writer)
        case .unknown: writer.leaf("state", "UNKNOWN")
        }
        writer.close()
    }

    fileprivate init(_ element: XMLElement) throws(WireError) {
        executionID = try element.optional("executionId")?.token()
        point = try element.optional("point")?.point()
        switch try element.required("state").simpleText() {
        case "PENDING": state = .pending
        case "APPLIED": state = .applied(readback: try element.required("readback").nillableNumber())
        case "FAILED": state = .failed(try BuildingRefusal(element))
        case "UNKNOWN": state = .unknown
        default: throw WireError(sentence: "state is not PENDING, APPLIED, FAILED or UNKNOWN.")
        }
        guard point != nil || state == .unknown else { throw WireError(sentence: "point is missing.") }
    }
}

extension ReleaseReport {
    fileprivate func write(to writer: inout XMLWriter) {
        writer.leaf("idempotency_token", idempotencyToken)
        for point in released { writer.leaf("released", point.text) }
        for failure in failed {
            writer.open("failed")
            writer.leaf("point", failure.point.text)
            failure.refusal.write(to: &writer)
            writer.close()
        }
    }

    fileprivate init(_ element: XMLElement) throws(WireError) {
        idempotencyToken = try element.required("idempotency_token").token()
        released = []
        failed = []
        for point in try element.repeated("released") { released.append(try point.point()) }
        for failure in try element.repeated("failed") {
            failed.append(
                Failure(point: try failure.required("point").point(), refusal: try BuildingRefusal(failure)))
        }
    }
}
