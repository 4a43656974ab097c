import EnergyModel
import Ports

/// Does what `update` asked for, each effect once, each within its deadline. Its answer is a value; nothing is thrown.
struct EffectPerformer<C: Clock>: Sendable where C.Duration == Duration {
    let link: any OperatorLink
    let terminal: any ConsoleTerminal
    let exports: ExportDirectory
    let themes: ThemeShelf
    let clock: C

    /// A command may have to wait for a building's answer, a dry run for thousands of letters, a backtest for the learning
    /// of half a year; a question may not.
    static func deadline(of work: Effect.Work) -> Duration {
        switch work {
        case .submit, .dryRun: .seconds(30)
        case .backtest: .seconds(300)
        case .snapshot: .seconds(15)
        case .arm: .seconds(5)
        default: .seconds(10)
        }
    }

    /// Posts exactly one answer that counts: the result, or at the deadline that there was none. A late result is posted
    /// too and ignored by its id; the work is cancelled.
    func perform(_ effect: Effect, answer: @escaping @Sendable (ConsoleMessage) -> Void) async {
        let deadline = Self.deadline(of: effect.work)
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                let result = await self.result(of: effect.work)
                answer(.finished(effect.id, result))
            }
            group.addTask {
                do {
                    try await self.clock.sleep(for: deadline)
                } catch {
                    return  // The work was done in time.
                }
                answer(.finished(effect.id, .failed(sentence: Self.late(effect.work, deadline))))
            }
            await group.next()
            group.cancelAll()
        }
    }

    private static func late(_ work: Effect.Work, _ deadline: Duration) -> String {
        let seconds = deadline.milliseconds / 1000
        return switch work {
        case .submit: "No outcome within \(seconds) s: it may have been done; look in the Journal before you repeat it"
        case .arm: "Not armed: the engine did not answer within \(seconds) s. Try again"
        case .backtest: "No comparison within \(seconds) s: ask again for fewer weeks"
        default: "The engine did not answer within \(seconds) s; asking again"
        }
    }

    private func result(of work: Effect.Work) async -> EffectResult {
        switch work {
        case .copy(let text):
            switch terminal.copy(text) {
            case .sent(let sentence): return .copied(sentence: sentence)
            case .refused(let sentence): return .failed(sentence: sentence)
            }
        case .writeFile(let name, let contents): return exports.write(contents, to: name)
        case .loadTheme(let name):
            let (theme, problems) = themes.load(name)
            terminal.use(theme)
            return .themeLoaded(name: name, errors: problems)
        case .submit(let command): return .outcome(await link.submit(command))
        case .quit: return .failed(sentence: "quitting is the runner's")
        default:
            do throws(PortError) {
                return try await query(work)
            } catch {
                return .failed(sentence: error.sentence)
            }
        }
    }

    private func disarmed(_ key: String) async throws(PortError) -> EffectResult {
        try await link.disarm(key: key)
        return .disarmed
    }

    private func query(_ work: Effect.Work) async throws(PortError) -> EffectResult {
        switch work {
        case .series(let request): .series(try await link.series(request))
        case .meters(let facility): .meters(try await link.meters(of: facility))
        case .deadLetters(let query): .deadLetters(try await link.deadLetters(query))
        case .deadLetter(let number): .deadLetter(try await link.deadLetter(number))
        case .checkLetter(let number, let payload):
            .letterCheck(try await link.check(deadLetter: number, payload: payload))
        case .dryRun(let selection): .dryRun(try await link.dryRun(selection))
        case .redrives: .redrives(try await link.redrives())
        case .forecast(let query): .forecast(try await link.forecast(query))
        case .backtest(let request): .backtest(try await link.backtest(request))
        case .journal(let query): .journal(try await link.journal(query))
        case .trace(let id): .trace(try await link.trace(id))
        case .snapshot(let moment): .snapshot(try await link.snapshot(at: moment))
        case .events(let query): .events(try await link.events(query))
        case .event(let event): .event(try await link.event(event))
        case .reports(let event): .reports(try await link.reports(of: event))
        case .building(let facility): .building(try await link.building(facility))
        case .previewEvent(let request): .preview(try await link.preview(request))
        case .previewOverride(let request): .preview(try await link.preview(request))
        case .arm(let request): .armed(try await link.arm(request))
        case .disarm(let key): try await disarmed(key)
        case .submit, .copy, .writeFile, .loadTheme, .quit:
            throw PortError(.invalid, "not a question to the engine")
        }
    }
}
