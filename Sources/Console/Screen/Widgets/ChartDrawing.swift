extension Chart {
    /// Needs at least 20 × 6 cells; says so in less.
    package func draw(in rect: Rect, on grid: inout Grid) {
        guard rect.width >= 20, rect.height >= 6, times.upperBound > times.lowerBound else {
            grid.draw("no room for the chart", at: rect.origin, width: rect.width, role: .textDim)
            return
        }
        let frame = frame(in: rect)
        let ticks = timeTicks(in: frame)
        grid.clipped(to: rect) { grid in
            drawWindows(in: frame, on: &grid)
            drawAxes(in: rect, frame: frame, timeTicks: ticks, on: &grid)
            drawPresent(in: frame, on: &grid)
            drawData(in: frame, on: &grid)
            drawLimitLabels(in: frame, on: &grid)
            if let cursor, times.contains(cursor) {
                drawCursor(at: cursor, in: rect, frame: frame, on: &grid)
            } else {
                drawLegend(in: rect.row(0), frame: frame, on: &grid)
            }
            if isEmpty {
                let row = frame.plot.row(frame.plot.height / 2)
                grid.draw(emptyText, at: row.origin, width: row.width, role: .textDim, align: .centre)
            }
        }
    }

    private func timeTicks(in frame: Frame) -> [ChartTicks.TimeTick] {
        ChartTicks.times(in: times, spacing: secondsPerColumn(in: frame) * 9, zoneOffset: zoneOffset)
    }

    /// In dots or cells from the left edge; may lie outside.
    private func place(_ time: Double, width: Int) -> Int {
        let share = (time - times.lowerBound) / (times.upperBound - times.lowerBound)
        return Int((share * Double(width)).rounded(.down))
    }

    /// From the top; clamped so that a wild value costs no more than a steep stroke.
    private func level(_ value: Double, height: Int, in values: ClosedRange<Double>) -> Int {
        let share = (value - values.lowerBound) / (values.upperBound - values.lowerBound)
        return Int(((1 - min(max(share, -1), 2)) * Double(height - 1)).rounded())
    }

    // MARK: - Axes

    private func drawAxes(in rect: Rect, frame: Frame, timeTicks: [ChartTicks.TimeTick], on grid: inout Grid) {
        let plot = frame.plot
        let labelWidth = plot.x - rect.x - 1
        for tick in frame.ticks {
            let y = plot.y + level(tick, height: plot.height, in: frame.values)
            guard y >= plot.y, y < plot.maxY else { continue }
            let text = Numeral.fixed(tick, decimals: frame.decimals)
            grid.draw(text, at: Point(x: rect.x, y: y), width: labelWidth, role: .chartAxis, align: .right)
            if !grid.glyphs.isASCII {
                grid.repeat("┈", at: Point(x: plot.x, y: y), count: plot.width, role: .chartGrid)
            }
        }
        grid.draw(unit, at: rect.origin, width: labelWidth, role: .chartAxis, align: .right)
        let bottom = plot.maxY
        grid.draw(zoneName, at: Point(x: rect.x, y: bottom), width: labelWidth, role: .chartAxis, align: .right)
        var free = plot.x
        for tick in timeTicks {
            let x = plot.x + place(tick.time, width: plot.width)
            let isDay = tick.label.first?.isLetter == true
            guard x >= free, x + 1 + tick.label.utf8.count <= plot.maxX else { continue }
            grid.put("╵", at: Point(x: x, y: bottom), role: .chartAxis)
            grid.draw(tick.label, at: Point(x: x + 1, y: bottom), role: isDay ? .text : .chartAxis)
            free = x + tick.label.utf8.count + 3
        }
    }

    private func drawWindows(in frame: Frame, on grid: inout Grid) {
        let plot = frame.plot
        for window in windows where window.times.overlaps(times) {
            let left = max(plot.x, plot.x + place(window.times.lowerBound, width: plot.width))
            let right = min(plot.maxX, plot.x + place(window.times.upperBound, width: plot.width) + 1)
            let box = Rect(x: left, y: plot.y, width: right - left, height: plot.height)
            grid.fill(box, on: .chartWindow)
            for y in box.y..<box.maxY where box.width > 2 {
                grid.put("┊", at: Point(x: left, y: y), role: .chartWindow)
                grid.put("┊", at: Point(x: right - 1, y: y), role: .chartWindow)
            }
            grid.draw(window.name, at: Point(x: left + 1, y: box.y), width: max(0, box.width - 2), role: .chartWindow)
        }
    }

    /// Under the data, its word where the least of them is: at the bottom.
    private func drawPresent(in frame: Frame, on grid: inout Grid) {
        guard let present, times.contains(present) else { return }
        let plot = frame.plot
        let x = min(plot.x + place(present, width: plot.width), plot.maxX - 1)
        for y in plot.y..<plot.maxY { grid.put("╎", at: Point(x: x, y: y), role: .chartAxis) }
        guard x + 4 < plot.maxX else { return }
        grid.draw("now", at: Point(x: x + 1, y: plot.maxY - 1), width: 3, role: .chartAxis)
    }

    // MARK: - Data

    private func drawData(in frame: Frame, on grid: inout Grid) {
        let plot = frame.plot
        var canvas = DotCanvas(cells: Size(columns: plot.width, rows: plot.height), glyphs: grid.glyphs)
        for band in bands { draw(band, values: frame.values, on: &canvas) }
        for limit in limits where frame.values.contains(limit.value) {
            let y = level(limit.value, height: canvas.height, in: frame.values)
            for x in 0..<canvas.width where canvas.dotsAcross == 1 || x % 4 != 3 {
                canvas.line(x: x, y: y, role: limit.role, ascii: "-")
            }
        }
        for line in lines { draw(line, values: frame.values, on: &canvas) }
        canvas.draw(at: plot.origin, on: &grid)
    }

    private func draw(_ band: Band, values: ClosedRange<Double>, on canvas: inout DotCanvas) {
        for (a, b) in zip(band.samples, band.samples.dropFirst()) where b.time - a.time <= band.gapAfter {
            guard b.time >= times.lowerBound, a.time <= times.upperBound, b.time > a.time else { continue }
            let from = max(0, place(a.time, width: canvas.width))
            let to = min(canvas.width - 1, place(b.time, width: canvas.width))
            guard from <= to, (a.low + a.high + b.low + b.high).isFinite else { continue }
            for x in from...to {
                let time =
                    times.lowerBound + (Double(x) + 0.5) / Double(canvas.width) * (times.upperBound - times.lowerBound)
                let share = min(max((time - a.time) / (b.time - a.time), 0), 1)
                let top = level(a.high + (b.high - a.high) * share, height: canvas.height, in: values)
                let bottom = level(a.low + (b.low - a.low) * share, height: canvas.height, in: values)
                canvas.band(x: x, from: top, to: bottom, role: band.role)
            }
        }
    }

    private func draw(_ line: Line, values: ClosedRange<Double>, on canvas: inout DotCanvas) {
        let ascii = line.pattern.ascii
        let keeps = line.pattern.keeps(isBraille: canvas.dotsAcross == 2)
        var previous: (time: Double, value: Double)?
        for sample in line.samples {
            guard let value = sample.value else {
                previous = nil
                continue
            }
            let joined = previous.flatMap { sample.time - $0.time <= line.gapAfter ? $0 : nil }
            previous = (sample.time, value)
            guard let part = inside(from: joined ?? (sample.time, value), to: (sample.time, value)) else { continue }
            let a = Point(
                x: min(place(part.0.time, width: canvas.width), canvas.width - 1),
                y: level(part.0.value, height: canvas.height, in: values))
            let b = Point(
                x: min(place(part.1.time, width: canvas.width), canvas.width - 1),
                y: level(part.1.value, height: canvas.height, in: values))
            canvas.stroke(from: a, to: b, role: line.role, ascii: ascii, keeps: keeps)
        }
    }

    /// The part of a stroke that lies in the time range.
    private func inside(
        from a: (time: Double, value: Double), to b: (time: Double, value: Double)
    ) -> ((time: Double, value: Double), (time: Double, value: Double))? {
        guard b.time >= times.lowerBound, a.time <= times.upperBound else { return nil }
        func cut(_ time: Double) -> (time: Double, value: Double) {
            let at = min(max(time, times.lowerBound), times.upperBound)
            guard b.time > a.time else { return (at, b.value) }
            return (at, a.value + (b.value - a.value) * (at - a.time) / (b.time - a.time))
        }
        return (cut(a.time), cut(b.time))
    }

    // MARK: - Words

    /// At the right end, above the line where there is room.
    private func drawLimitLabels(in frame: Frame, on grid: inout Grid) {
        let plot = frame.plot
        for limit in limits where frame.values.contains(limit.value) {
            let y = plot.y + level(limit.value, height: plot.height, in: frame.values)
            let text = " " + limit.name + " " + Numeral.fixed(limit.value, decimals: decimals) + " "
            let width = CharacterWidth.columns(text)
            guard width < plot.width else { continue }
            grid.draw(text, at: Point(x: plot.maxX - width, y: y > plot.y ? y - 1 : y), width: width, role: limit.role)
        }
    }

    private func drawLegend(in row: Rect, frame: Frame, on grid: inout Grid) {
        // what was measured is named first, though others may lie under it
        let named = lines.filter { !$0.name.isEmpty }
        var entries = (named.filter { $0.pattern == .solid } + named.filter { $0.pattern != .solid }).map { line in
            [Span(sample(line.pattern, on: grid), line.role), Span(" \(line.name)", .chartAxis)]
        }
        entries += bands.filter { !$0.name.isEmpty }.map { band in
            [Span(grid.glyphs.isASCII ? "::" : "⠢⠢", band.role), Span(" \(band.name)", .chartAxis)]
        }
        drawWhole(entries, from: frame.plot.x, in: row, on: &grid)
    }

    /// One after another; what does not fit whole is left out.
    private func drawWhole(_ entries: [[Span]], from start: Int, in row: Rect, on grid: inout Grid) {
        var x = start
        for entry in entries {
            let width = entry.reduce(0) { $0 + CharacterWidth.columns($1.text) }
            guard x + width <= row.maxX else { continue }
            grid.draw(entry, at: Point(x: x, y: row.y), width: width)
            x += width + 3
        }
    }

    private func sample(_ pattern: Pattern, on grid: Grid) -> String {
        switch (pattern, grid.glyphs) {
        case (.solid, .ascii): "**"
        case (.dotted, .ascii): ".."
        case (.dashed, .ascii): "~~"
        case (.chain, .ascii): "++"
        case (.sparse, .ascii): "''"
        case (.solid, _): "──"
        case (.dotted, _): "··"
        case (.dashed, _): "╌╌"
        case (.chain, _): "─·"
        case (.sparse, _): " ·"
        }
    }

    private func drawCursor(at time: Double, in rect: Rect, frame: Frame, on grid: inout Grid) {
        let plot = frame.plot
        let x = min(plot.x + place(time, width: plot.width), plot.maxX - 1)
        for y in plot.y..<plot.maxY {
            let isFree = grid[x, y].isBlank || grid[x, y].role == .chartGrid || grid[x, y].role == .chartBand
            if isFree {
                grid.put("│", at: Point(x: x, y: y), role: .chartCursor)
            } else {
                grid.restyle(Rect(x: x, y: y, width: 1, height: 1), adding: .reverse)
            }
        }
        let local = Int(time.rounded(.down)) + zoneOffset(time)
        let second = ((local % 86_400) + 86_400) % 86_400
        let clock = ChartTicks.two(second / 3_600) + ":" + ChartTicks.two(second / 60 % 60)
        var spans = [
            Span(ChartTicks.dayLabel((local - second) / 86_400) + " ", .chartAxis), Span(clock, .chartCursor),
            Span(" \(zoneName)", .chartAxis),
        ]
        if let cursorFacts { return drawWhole([spans] + cursorFacts, from: plot.x, in: rect.row(0), on: &grid) }
        spans.append(Span("   "))
        let reach = secondsPerColumn(in: frame)
        // the topmost line is the one that matters: it stays when the row is too short
        for line in lines.reversed() where !line.name.isEmpty && line.reaches(time, within: reach) {
            let value = value(of: line, at: time, within: reach)
            let number = Numeral.fixed(value, decimals: decimals)
            spans += [Span(line.name + " ", .chartAxis), Span(number, value == nil ? .stateBad : line.role)]
            spans.append(Span(" \(unit)   ", .chartAxis))
        }
        for band in bands where !band.name.isEmpty {
            guard let sample = band.samples.min(by: { abs($0.time - time) < abs($1.time - time) }),
                abs(sample.time - time) <= max(reach, band.gapAfter.isFinite ? band.gapAfter / 2 : reach)
            else { continue }
            let low = Numeral.fixed(sample.low, decimals: decimals)
            spans.append(Span("\(band.name) \(low) to \(Numeral.fixed(sample.high, decimals: decimals))", .chartAxis))
        }
        grid.draw(spans, at: Point(x: plot.x, y: rect.y), width: plot.width)
    }
}

extension Chart.Line {
    /// Whether the moment lies between its first and last sample: there a missing value is a gap, beyond it nothing.
    fileprivate func reaches(_ time: Double, within seconds: Double) -> Bool {
        guard let first = samples.first, let last = samples.last else { return true }
        return first.time - seconds <= time && time <= last.time + max(seconds, gapAfter.isFinite ? gapAfter : 0)
    }
}

extension Chart.Pattern {
    fileprivate var ascii: Unicode.Scalar {
        switch self {
        case .solid: "*"
        case .dotted: "."
        case .dashed: "~"
        case .chain: "+"
        case .sparse: "'"
        }
    }

    /// Which columns of dots show; in ASCII and half blocks a dot is a whole column.
    fileprivate func keeps(isBraille: Bool) -> (Int) -> Bool {
        switch self {
        case .solid: { _ in true }
        case .dotted: { isBraille ? $0 % 2 == 0 : true }
        case .dashed: { $0 % 6 < 4 }
        case .chain: { isBraille ? $0 % 8 < 4 || $0 % 8 == 6 : $0 % 5 != 3 }
        case .sparse: { $0 % (isBraille ? 4 : 2) == 0 }
        }
    }
}
