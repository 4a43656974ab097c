import Ports
import Synchronization

/// An HTTP port that answers by path from a script, and remembers what was asked.
final class ScriptedSend: Sendable {
    typealias Answer = Result<HTTPResponse, HTTPTransportError>

    private let answers: Mutex<[(prefix: String, answer: Answer)]>
    private let asked = Mutex<[HTTPRequest]>([])

    /// The first whose prefix fits the path answers.
    init(_ answers: [(String, Answer)]) { self.answers = Mutex(answers.map { (prefix: $0.0, answer: $0.1) }) }

    convenience init(status: Int = 200, _ body: String = "", headers: [HTTPHeader] = []) {
        self.init([("", .success(HTTPResponse(status: status, headers: headers, body: Array(body.utf8))))])
    }

    var requests: [HTTPRequest] { asked.withLock(\.self) }

    func replace(_ prefix: String, _ answer: Answer) {
        answers.withLock { answers in
            answers.removeAll { $0.prefix == prefix }
            answers.append((prefix: prefix, answer: answer))
        }
    }

    @Sendable func send(_ request: HTTPRequest) async throws(HTTPTransportError) -> HTTPResponse {
        asked.withLock { $0.append(request) }
        let path = request.url.replacing("https://weather.example", with: "")
        let found = answers.withLock { answers in answers.first { path.hasPrefix($0.prefix) }?.answer }
        guard let found else { return HTTPResponse(status: 404, headers: [], body: []) }
        return try found.get()
    }
}

func ok(_ body: String) -> ScriptedSend.Answer {
    .success(HTTPResponse(status: 200, headers: [], body: Array(body.utf8)))
}
