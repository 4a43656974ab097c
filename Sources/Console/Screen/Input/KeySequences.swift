/// What terminals send for keys and the mouse: xterm and its kin, the Linux console, rxvt, tmux, and CSI u.
enum KeySequences {
    /// A single character, control codes included.
    static func character(_ scalar: Unicode.Scalar, _ modifiers: Modifiers) -> KeyPress {
        switch scalar.value {
        case 0x0D: KeyPress(.enter, modifiers)
        case 0x09: KeyPress(.tab, modifiers)
        case 0x7F, 0x08: KeyPress(.backspace, modifiers)
        case 0x00: KeyPress(" ", modifiers.union(.control))
        case 0x01...0x1A: control(scalar.value + 0x60, modifiers)
        case 0x1C...0x1F: control(scalar.value + 0x40, modifiers)
        default: KeyPress(Character(scalar), modifiers)
        }
    }

    private static func control(_ value: UInt32, _ modifiers: Modifiers) -> KeyPress {
        KeyPress(Character(Unicode.Scalar(UInt8(truncatingIfNeeded: value))), modifiers.union(.control))
    }

    /// ESC O x.
    static func singleShift(_ byte: UInt8) -> KeyPress? {
        switch byte {
        case UInt8(ascii: "M"): KeyPress(.enter)
        case UInt8(ascii: "P")...UInt8(ascii: "S"): KeyPress(.function(Int(byte) - 0x4F))
        // the number pad in application mode: * + , - . / 0-9
        case 0x6A...0x79: KeyPress(Character(Unicode.Scalar(byte - 0x40)))
        default: cursor(byte).map { KeyPress($0) }
        }
    }

    /// CSI parameters final.
    static func controlSequence(_ parameters: [UInt8], final: UInt8) -> KeyPress? {
        guard let numbers = numbers(parameters[...]) else { return nil }
        let modifiers = numbers.count > 1 ? modifiers(numbers[1]) : []
        if let key = cursor(final) { return KeyPress(key, modifiers) }
        switch final {
        case UInt8(ascii: "Z"): return KeyPress(.tab, modifiers.union(.shift))
        case UInt8(ascii: "P")...UInt8(ascii: "S"): return KeyPress(.function(Int(final) - 0x4F), modifiers)
        case UInt8(ascii: "~"): return tilde(numbers.first ?? 0).map { KeyPress($0, modifiers) }
        case UInt8(ascii: "u"): return unicode(numbers.first ?? 0, modifiers)
        default: return nil
        }
    }

    /// `CSI < code ; column ; row M`, or `m` for a release; columns and rows count from 1.
    static func mouse(_ parameters: ArraySlice<UInt8>, final: UInt8) -> MouseEvent? {
        guard let numbers = numbers(parameters), numbers.count == 3, numbers[1] > 0, numbers[2] > 0 else { return nil }
        let code = numbers[0]
        let point = Point(x: numbers[1] - 1, y: numbers[2] - 1)
        var modifiers: Modifiers = []
        if code & 4 != 0 { modifiers.insert(.shift) }
        if code & 8 != 0 { modifiers.insert(.alt) }
        if code & 16 != 0 { modifiers.insert(.control) }
        if code & 64 != 0 {
            guard final == UInt8(ascii: "M"), code & 3 < 2 else { return nil }
            return MouseEvent(code & 1 == 0 ? .wheelUp : .wheelDown, at: point, modifiers: modifiers)
        }
        let buttons: [MouseEvent.Button] = [.left, .middle, .right]
        guard code < 64, code & 3 < 3 else { return nil }
        let button = buttons[code & 3]
        switch final {
        case UInt8(ascii: "m"): return MouseEvent(.released(button), at: point, modifiers: modifiers)
        case UInt8(ascii: "M"):
            return MouseEvent(code & 32 != 0 ? .dragged(button) : .pressed(button), at: point, modifiers: modifiers)
        default: return nil
        }
    }

    private static func cursor(_ byte: UInt8) -> Key? {
        switch byte {
        case UInt8(ascii: "A"): .up
        case UInt8(ascii: "B"): .down
        case UInt8(ascii: "C"): .right
        case UInt8(ascii: "D"): .left
        case UInt8(ascii: "H"): .home
        case UInt8(ascii: "F"): .end
        default: nil
        }
    }

    private static func tilde(_ number: Int) -> Key? {
        switch number {
        case 1, 7: .home
        case 2: .insert
        case 3: .delete
        case 4, 8: .end
        case 5: .pageUp
        case 6: .pageDown
        case 11...15: .function(number - 10)
        case 17...21: .function(number - 11)
        case 23, 24: .function(number - 12)
        default: nil
        }
    }

    private static func unicode(_ number: Int, _ modifiers: Modifiers) -> KeyPress? {
        if number == 27 { return KeyPress(.escape, modifiers) }
        guard let scalar = UInt32(exactly: number).flatMap(Unicode.Scalar.init) else { return nil }
        let isCharacter = scalar.value >= 0x20 && scalar.value != 0x7F
        return character(scalar, isCharacter ? modifiers.subtracting(.shift) : modifiers)
    }

    /// xterm's modifier parameter: 1 + shift 1 + alt 2 + control 4.
    private static func modifiers(_ number: Int) -> Modifiers {
        let bits = max(0, number - 1)
        var modifiers: Modifiers = []
        if bits & 1 != 0 { modifiers.insert(.shift) }
        if bits & 2 != 0 { modifiers.insert(.alt) }
        if bits & 4 != 0 { modifiers.insert(.control) }
        return modifiers
    }

    /// Numbers between semicolons, sub-parameters after a colon left out; nil when anything else stands there.
    private static func numbers(_ bytes: ArraySlice<UInt8>) -> [Int]? {
        var numbers: [Int] = []
        for part in bytes.split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false) {
            var value = 0
            for byte in part.prefix(while: { $0 != UInt8(ascii: ":") }) {
                guard (0x30...0x39).contains(byte), value < 100_000_000 else { return nil }
                value = value * 10 + Int(byte - 0x30)
            }
            numbers.append(value)
        }
        return numbers
    }
}
