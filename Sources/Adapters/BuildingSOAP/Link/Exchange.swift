import Ports

/// What came of one exchange, before it is known what was asked. Texts are neutralised.
enum Exchange: Hashable, Sendable {
    case answer(BuildingOperationAnswer)
    /// Not now; surely nothing was done.
    case unavailable(String)
    /// Never; surely nothing was done.
    case refused(String)
    /// Answered without telling whether anything was done.
    case unclear(String)
    /// No answer; something may have been done.
    case lost(String)

    init(_ error: HTTPTransportError, hiding secrets: [String]) {
        let sentence = neutralised(error.sentence, hiding: secrets)
        if error.mayHaveBeenSent {
            self = .lost(sentence)
        } else {
            switch error.code {
            case .refusedAddress, .invalidRequest: self = .refused(sentence)
            case .tooLarge, .lostAfterSend, .timeoutAfterSend: self = .lost(sentence)
            case .connect, .timeoutBeforeSend, .tls, .cancelled, .overloaded, .closed: self = .unavailable(sentence)
            }
        }
    }

    init(_ response: HTTPResponse, hiding secrets: [String]) {
        let isSuccess = (200..<300).contains(response.status)
        var unreadable = "The answer is no SOAP message."
        var fault: SOAPFault?
        do {
            switch try SOAPAnswerEnvelope.decode(response.body).content {
            case .answer(let answer) where isSuccess:
                self = .answer(answer)
                return
            case .answer: unreadable = "The answer contradicts its status."
            case .fault(let found): fault = found
            }
        } catch {
            unreadable = error.sentence
        }
        let status = meaning(ofStatus: response.status)
        guard let fault else {
            self =
                isSuccess
                ? .unclear("The building's answer cannot be read: \(unreadable)")
                : Exchange(status, sentence(for: response))
            return
        }
        let text = neutralised(fault.shownText, hiding: secrets)
        // Faults travel with 200, 400 and 500; any other status was set by something that knew better than to answer.
        let carriesFault = isSuccess || response.status == 400 || response.status == 500
        self =
            carriesFault
            ? Exchange(fault.meaning, text) : Exchange(status, "\(sentence(for: response)) It says: \(text)")
    }

    private init(_ meaning: FaultMeaning, _ text: String) {
        switch meaning {
        case .transient: self = .unavailable(text)
        case .permanent: self = .refused(text)
        case .unknown: self = .unclear(text)
        }
    }
}

/// Says what to do, and nothing the building wrote but a number of seconds.
private func sentence(for response: HTTPResponse) -> String {
    let advice =
        switch response.status {
        case 300..<400: "set its endpoint to where it has moved; redirects are not followed"
        case 401, 407: "check the user and password or token configured for it"
        case 403: "ask its owner to permit these commands"
        case 404, 405, 410: "check the path of its endpoint"
        case 413, 415: "check whether it speaks this SOAP version"
        case 429, 503: wait(response) ?? "it takes no commands at the moment"
        case 502, 504: "the gateway before it does not reach it"
        default: "see its own log"
        }
    return "The building answered HTTP \(response.status): \(advice)."
}

private func wait(_ response: HTTPResponse) -> String? {
    guard let text = response.header("Retry-After"), let seconds = Int(trimmed(text)), (0...86_400).contains(seconds)
    else { return nil }
    return "it asks to come again in \(seconds) s"
}

extension SOAPFault {
    var shownText: String { shown(reason, faultCode) }
}

extension BuildingRefusal {
    var shownText: String { shown(message, faultCode) }
}

/// The code first: it survives the cut at 200 characters.
private func shown(_ message: String, _ code: String?) -> String {
    let code = code.map { String($0.prefix(40)) } ?? ""
    if message.isEmpty { return code.isEmpty ? "The building gave no reason." : code }
    return code.isEmpty ? message : "\(code): \(message)"
}
