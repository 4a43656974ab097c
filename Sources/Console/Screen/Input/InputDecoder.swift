/// Turns a terminal's bytes into events. Pure and never stuck: any bytes, cut anywhere, leave it ready for the next key.
///
/// Our own rather than ncurses's, which knows no bracketed paste and depends on the terminal's description for keys that
/// every terminal of the last twenty years sends alike.
package struct InputDecoder: Sendable {
    /// Bytes of one paste that are kept.
    package static let longestPaste = 256 * 1024
    private static let longestSequence = 64

    private enum State {
        case ground, escape, controlSequence, singleShift
        /// OSC, DCS, APC, PM: an answer nobody asked for, swallowed to its end.
        case string, stringEscape
        case linuxFunction
        case paste
    }

    private var state = State.ground
    private var sequence: [UInt8] = []
    private var pasted: [UInt8] = []
    private var pasteIsCut = false
    private var decoder = UTF8ScalarDecoder()
    /// The next character was preceded by ESC.
    private var alt = false

    private static let pasteEnd = Array("\u{1B}[201~".utf8)

    package init() {}

    /// An ESC has come and nothing after it yet: after 25 ms call ``flush()``, it was the Esc key.
    package var isWaiting: Bool { state == .escape }

    package mutating func flush() -> [TerminalEvent] {
        guard state == .escape else { return [] }
        state = .ground
        return [.key(KeyPress(.escape))]
    }

    package mutating func feed(_ bytes: some Sequence<UInt8>) -> [TerminalEvent] {
        var events: [TerminalEvent] = []
        for byte in bytes { step(byte, &events) }
        return events
    }

    private mutating func step(_ byte: UInt8, _ events: inout [TerminalEvent]) {
        switch state {
        case .ground: ground(byte, &events)
        case .escape: escape(byte, &events)
        case .controlSequence: controlSequence(byte, &events)
        case .singleShift:
            state = .ground
            emit(KeySequences.singleShift(byte), &events)
        case .linuxFunction:
            state = .ground
            if (0x41...0x45).contains(byte) { emit(KeyPress(.function(Int(byte) - 0x40)), &events) }
        case .string:
            if byte == 0x07 || byte == 0x9C { state = .ground }
            if byte == 0x1B { state = .stringEscape }
        case .stringEscape: state = byte == 0x5C ? .ground : byte == 0x1B ? .stringEscape : .string
        case .paste: paste(byte, &events)
        }
    }

    private mutating func ground(_ byte: UInt8, _ events: inout [TerminalEvent]) {
        if byte == 0x1B {
            finishCharacter()
            state = .escape
            return
        }
        switch decoder.push(byte) {
        case .needsMore: break
        case .scalar(let scalar): character(scalar, &events)
        case .invalid:
            alt = false
            if !decoder.tookLastByte { ground(byte, &events) }
        }
    }

    /// A character that is cut short is dropped.
    private mutating func finishCharacter() {
        _ = decoder.finish()
        alt = false
    }

    private mutating func escape(_ byte: UInt8, _ events: inout [TerminalEvent]) {
        switch byte {
        case UInt8(ascii: "["):
            sequence.removeAll(keepingCapacity: true)
            state = .controlSequence
        case UInt8(ascii: "O"): state = .singleShift
        case UInt8(ascii: "]"), UInt8(ascii: "P"), UInt8(ascii: "_"), UInt8(ascii: "^"): state = .string
        case 0x1B: events.append(.key(KeyPress(.escape)))
        default:
            state = .ground
            alt = true
            ground(byte, &events)
        }
    }

    private mutating func controlSequence(_ byte: UInt8, _ events: inout [TerminalEvent]) {
        switch byte {
        case 0x1B: state = .escape
        case UInt8(ascii: "[") where sequence.isEmpty: state = .linuxFunction
        case 0x20...0x3F:
            // over-long: read on to the final byte, but remember only that nothing is meant
            if sequence.count < Self.longestSequence { sequence.append(byte) }
        case 0x40...0x7E:
            state = .ground
            finish(byte, &events)
        default: state = .ground
        }
    }

    private mutating func finish(_ final: UInt8, _ events: inout [TerminalEvent]) {
        guard sequence.count < Self.longestSequence else { return }
        if final == UInt8(ascii: "~"), sequence.elementsEqual("200".utf8) {
            state = .paste
            pasted.removeAll(keepingCapacity: true)
            pasteIsCut = false
        } else if sequence.first == UInt8(ascii: "<") {
            if let mouse = KeySequences.mouse(sequence.dropFirst(), final: final) { events.append(.mouse(mouse)) }
        } else {
            emit(KeySequences.controlSequence(sequence, final: final), &events)
        }
    }

    private mutating func paste(_ byte: UInt8, _ events: inout [TerminalEvent]) {
        pasted.append(byte)
        if byte == UInt8(ascii: "~"), pasted.suffix(Self.pasteEnd.count).elementsEqual(Self.pasteEnd) {
            pasted.removeLast(Self.pasteEnd.count)
            state = .ground
            events.append(.paste(Self.text(pasted.prefix(Self.longestPaste)), isCut: pasteIsCut))
            pasted = []
        } else if pasted.count > Self.longestPaste + Self.pasteEnd.count {
            // keep the head and just enough of the tail to see the end
            pasteIsCut = true
            pasted.remove(at: Self.longestPaste)
        }
    }

    /// Terminals send a pasted line end as a carriage return.
    private static func text(_ bytes: some Sequence<UInt8>) -> String {
        var clean: [UInt8] = []
        var last: UInt8 = 0
        for byte in bytes {
            if byte == 0x0D {
                clean.append(0x0A)
            } else if byte != 0x0A || last != 0x0D {
                clean.append(byte)
            }
            last = byte
        }
        return String(decoding: clean, as: UTF8.self)
    }

    private mutating func character(_ scalar: Unicode.Scalar, _ events: inout [TerminalEvent]) {
        let modifiers: Modifiers = alt ? .alt : []
        alt = false
        events.append(.key(KeySequences.character(scalar, modifiers)))
    }

    private func emit(_ press: KeyPress?, _ events: inout [TerminalEvent]) {
        if let press { events.append(.key(press)) }
    }
}
