/// Labelled fields with their validation, one per row; a message takes the row below its field.
package struct Form: Hashable, Sendable {
    package enum Value: Hashable, Sendable {
        case text(TextInput)
        /// Typed as text, read as a number in this range; the unit stands behind it.
        case number(TextInput, unit: String, range: ClosedRange<Double>)
        case choice([String], selected: Int)
        case toggle(Bool)
    }

    package struct Field: Hashable, Sendable {
        package let id: String
        package var label: String
        package var value: Value
        package var isRequired: Bool
        package var placeholder: String
        /// Set by the caller for a rule the field itself cannot know; shown before the field's own message.
        package var problem: String?

        package init(
            _ id: String, _ label: String, _ value: Value, isRequired: Bool = false, placeholder: String = "",
            problem: String? = nil
        ) {
            self.id = id
            self.label = label
            self.value = value
            self.isRequired = isRequired
            self.placeholder = placeholder
            self.problem = problem
        }
    }

    package var fields: [Field]
    package var focused: Int
    /// Messages show for fields the operator has left, and for all after ``revealProblems()``.
    package private(set) var touched: Set<Int> = []

    package init(_ fields: [Field], focused: Int = 0) {
        self.fields = fields
        self.focused = focused
    }

    package subscript(id: String) -> Field? { fields.first { $0.id == id } }

    package var isValid: Bool { fields.allSatisfy { $0.message == nil } }

    package mutating func revealProblems() { touched.formUnion(fields.indices) }

    /// Tab and arrows move, Left/Right and Space change a choice, everything else edits. False: not for the form.
    package mutating func press(_ press: KeyPress) -> Bool {
        guard fields.indices.contains(focused) else { return false }
        switch press.description {
        case "Tab", "Down":
            move(by: 1)
            return true
        case "S-Tab", "Up":
            move(by: -1)
            return true
        default: return fields[focused].press(press)
        }
    }

    package mutating func paste(_ text: String) {
        guard fields.indices.contains(focused) else { return }
        fields[focused].paste(text)
    }

    private mutating func move(by step: Int) {
        touched.insert(focused)
        focused = (focused + step + fields.count) % fields.count
    }

    /// Rows needed now, with messages.
    package var height: Int { fields.indices.reduce(0) { $0 + (message(at: $1) == nil ? 1 : 2) } }

    private func message(at index: Int) -> String? { touched.contains(index) ? fields[index].message : nil }

    package func draw(in rect: Rect, isFocused: Bool = true, on grid: inout Grid) {
        let labelWidth = min(rect.width / 2, fields.map { CharacterWidth.columns($0.label) + 2 }.max() ?? 0)
        var y = rect.y
        for (index, field) in fields.enumerated() where y < rect.maxY {
            let isHere = isFocused && index == focused
            let message = message(at: index)
            grid.draw(
                field.label, at: Point(x: rect.x, y: y), width: max(0, labelWidth - 2),
                role: isHere ? .textStrong : .textDim)
            if field.isRequired { grid.put("*", at: Point(x: rect.x + labelWidth - 2, y: y), role: .textDim) }
            let box = Rect(x: rect.x + labelWidth, y: y, width: rect.width - labelWidth, height: 1)
            field.draw(in: box, isFocused: isHere, hasError: message != nil, on: &grid)
            y += 1
            if let message, y < rect.maxY {
                grid.draw("▲ " + message, at: Point(x: box.x, y: y), width: box.width, role: .stateBad)
                y += 1
            }
        }
    }
}

extension Form.Field {
    /// Why the value cannot be taken, as a sentence for the operator; nil when it can.
    package var message: String? {
        if let problem { return problem }
        switch value {
        case .text(let input):
            return isRequired && input.text.allSatisfy(\.isWhitespace) ? "Fill this in." : nil
        case .number(let input, let unit, let range):
            let text = input.text.filter { $0 != "," && $0 != " " }
            if text.isEmpty { return isRequired ? "Enter a number of \(unit)." : nil }
            guard let number = Double(text), number.isFinite else { return "Enter digits, like 1250 or 12.5." }
            guard !range.contains(number) else { return nil }
            return "Enter \(Self.short(range.lowerBound)) to \(Self.short(range.upperBound)) \(unit)."
        case .choice(let options, let selected): return options.indices.contains(selected) ? nil : "Choose one."
        case .toggle: return nil
        }
    }

    /// The number of a valid number field.
    package var number: Double? {
        guard case .number(let input, _, _) = value, message == nil else { return nil }
        return Double(input.text.filter { $0 != "," && $0 != " " })
    }

    private static func short(_ value: Double) -> String {
        Numeral.fixed(value, decimals: value == value.rounded() ? 0 : 2)
    }

    fileprivate mutating func press(_ press: KeyPress) -> Bool {
        switch value {
        case .text(var input):
            defer { value = .text(input) }
            return input.press(press)
        case .number(var input, let unit, let range):
            defer { value = .number(input, unit: unit, range: range) }
            return input.press(press)
        case .choice(let options, let selected):
            guard !options.isEmpty else { return false }
            let step = ["Right": 1, "Space": 1, "l": 1, "Left": -1, "h": -1][press.description]
            guard let step else { return false }
            value = .choice(options, selected: (selected + step + options.count) % options.count)
            return true
        case .toggle(let isOn):
            guard ["Space", "Left", "Right"].contains(press.description) else { return false }
            value = .toggle(!isOn)
            return true
        }
    }

    fileprivate mutating func paste(_ text: String) {
        switch value {
        case .text(var input):
            input.insert(text)
            value = .text(input)
        case .number(var input, let unit, let range):
            input.insert(text)
            value = .number(input, unit: unit, range: range)
        case .choice, .toggle: break
        }
    }

    fileprivate func draw(in box: Rect, isFocused: Bool, hasError: Bool, on grid: inout Grid) {
        switch value {
        case .text(let input):
            input.draw(in: box, placeholder: placeholder, isFocused: isFocused, hasError: hasError, on: &grid)
        case .number(let input, let unit, _):
            let width = max(1, min(16, box.width - CharacterWidth.columns(unit) - 1))
            let number = Rect(x: box.x, y: box.y, width: min(width, box.width), height: 1)
            input.draw(in: number, placeholder: placeholder, isFocused: isFocused, hasError: hasError, on: &grid)
            grid.draw(unit, at: Point(x: number.maxX + 1, y: box.y), width: box.maxX - number.maxX - 1, role: .textDim)
        case .choice(let options, let selected):
            let option = options.indices.contains(selected) ? options[selected] : ""
            grid.draw(
                [Span("◂ ", .key), Span(option, isFocused ? .textStrong : .text), Span(" ▸", .key)], at: box.origin,
                width: box.width)
        case .toggle(let isOn):
            grid.draw(
                isOn ? "[x] yes" : "[ ] no", at: box.origin, width: box.width, role: isFocused ? .textStrong : .text)
        }
    }
}
