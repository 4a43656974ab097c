/// Text a building wrote, fit for answers, logs and screens (ledger SEC-06, RELIABILITY T15): one line, at most 200
/// characters, without control, bidirectional, zero-width and tag characters; what is taken out leaves a `�`. Whatever
/// repeats one of `secrets` is covered: a fault may quote our own header back at us.
func neutralised(_ text: String, hiding secrets: [String] = [], limit: Int = 200) -> String {
    // Long enough for a secret that begins inside the limit; bounds the work below.
    var visible = String(text.unicodeScalars.prefix(limit * 8))
    for secret in secrets where !secret.isEmpty { visible.replace(secret, with: "•••") }
    var result = String.UnicodeScalarView()
    var length = 0
    var marks = 0
    for scalar in visible.unicodeScalars {
        guard length < limit else {
            result.removeLast()
            result.append("…")
            break
        }
        let shown = shownScalar(scalar)
        marks = isMark(shown) ? marks + 1 : 0
        let repeats = shown == " " || shown == "\u{FFFD}"
        if marks > 2 || repeats && result.last == shown { continue }
        result.append(shown)
        length += 1
    }
    return String(result)
}

private func shownScalar(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
    if scalar == "\t" || scalar == "\n" || scalar == "\r" { return " " }
    let properties = scalar.properties
    if properties.isDefaultIgnorableCodePoint || properties.isBidiControl { return "\u{FFFD}" }
    switch properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: return "\u{FFFD}"
    default: return scalar
    }
}

private func isMark(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .spacingMark: true
    default: false
    }
}
