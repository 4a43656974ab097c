import Glibc

/// What Linux knows about this process: memory, processor time, open files (ledger ING-10). Read from `/proc`, which does
/// not wait for a disk.
package enum ProcessFigures {
    package static let descriptions = [
        MetricDescription("process_resident_memory_bytes", "Memory of this process that is in RAM, in bytes."),
        MetricDescription("process_cpu_seconds_total", "Processor time of this process, user and system, in seconds."),
        MetricDescription("process_open_fds", "Files and sockets that this process has open."),
        MetricDescription("process_max_fds", "Files and sockets that this process may have open."),
    ]

    /// What cannot be read is left out.
    @Sendable package static func sample() -> [MetricSample] {
        var samples: [MetricSample] = []
        if let pages = words(of: "/proc/self/statm").dropFirst().first.flatMap({ Double($0) }) {
            let bytes = pages * Double(sysconf(Int32(_SC_PAGESIZE)))
            samples.append(MetricSample("process_resident_memory_bytes", .gauge, bytes))
        }
        // Field 2 is the command in parentheses and may hold spaces; after its `)` the fields count from 3.
        let fields = words(of: "/proc/self/stat", after: UInt8(ascii: ")"))
        if fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) {
            let seconds = (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
            samples.append(MetricSample("process_cpu_seconds_total", .counter, seconds))
        }
        if let open = openFiles() { samples.append(MetricSample("process_open_fds", .gauge, Double(open))) }
        if let most = fileLimit() { samples.append(MetricSample("process_max_fds", .gauge, Double(most))) }
        return samples
    }

    /// The soft limit on open files; nil when unlimited or unknown.
    package static func fileLimit() -> Int? {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return nil }
        return Int(exactly: limit.rlim_cur)
    }
}

private func words(of path: String, after mark: UInt8? = nil) -> [Substring] {
    guard let file = fopen(path, "r") else { return [] }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 4096)
    bytes.removeLast(bytes.count - fread(&bytes, 1, bytes.count, file))
    let start = mark.flatMap { bytes.lastIndex(of: $0) }.map { $0 + 1 } ?? 0
    return String(decoding: bytes[start...], as: UTF8.self).split { $0 == " " || $0 == "\n" }
}

private func openFiles() -> Int? {
    guard let directory = opendir("/proc/self/fd") else { return nil }
    defer { closedir(directory) }
    var entries = 0
    while readdir(directory) != nil { entries += 1 }
    // Without `.`, `..` and the directory's own descriptor.
    return max(0, entries - 3)
}
