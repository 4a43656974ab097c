/// How text stands where every scalar of it has to be seen and told apart: in an editor, in a difference. What cannot be
/// drawn, what has no column of its own, and every space but the plain one is spelled out (`\x1B`, `\u{202E}`, `\t`);
/// the role ``Role/hostile`` tells it from a backslash that is really there.
package enum Spelling {
    /// Nil for a scalar that is drawn as it is.
    package static func spelled(_ scalar: Unicode.Scalar) -> String? {
        if scalar.value >= 0x20 && scalar.value < 0x7F { return nil }
        guard Sanitiser.verdict(scalar) == .draw else { return Sanitiser.spelled(scalar) }
        let isSeen = CharacterWidth.columns(scalar) > 0 && !scalar.properties.isWhitespace
        return isSeen ? nil : Sanitiser.spelled(scalar)
    }

    package static func columns(_ scalar: Unicode.Scalar) -> Int {
        if scalar.value >= 0x20 && scalar.value < 0x7F { return 1 }
        return spelled(scalar)?.utf8.count ?? CharacterWidth.columns(scalar)
    }

    package static func spans(
        _ scalars: some Sequence<Unicode.Scalar>, _ role: Role = .text, _ attributes: Attributes = []
    ) -> [Span] {
        var spans: [Span] = []
        var plain = String.UnicodeScalarView()
        for scalar in scalars {
            guard let text = spelled(scalar) else {
                plain.append(scalar)
                continue
            }
            if !plain.isEmpty { spans.append(Span(String(plain), role, attributes)) }
            plain = String.UnicodeScalarView()
            spans.append(Span(text, .hostile, attributes))
        }
        if !plain.isEmpty { spans.append(Span(String(plain), role, attributes)) }
        return spans
    }
}
