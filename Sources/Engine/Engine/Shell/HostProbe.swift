import Foundation

/// What the machine says about this process and its disk. Injected, so that tests can fill a disk.
package struct HostProbe: Sendable {
    package struct Disk: Sendable, Hashable {
        package var freeBytes: Int64
        package var totalBytes: Int64
        package init(freeBytes: Int64, totalBytes: Int64) {
            self.freeBytes = freeBytes
            self.totalBytes = totalBytes
        }
        /// 0...1; 0 when the size is unknown.
        package var usedShare: Double { totalBytes > 0 ? 1 - Double(freeBytes) / Double(totalBytes) : 0 }
    }

    package var residentBytes: @Sendable () -> Int64
    package var disk: @Sendable () -> Disk

    package init(residentBytes: @escaping @Sendable () -> Int64, disk: @escaping @Sendable () -> Disk) {
        self.residentBytes = residentBytes
        self.disk = disk
    }

    /// `/proc/self/statm` and the file system that holds `directory`. Zero where the system does not say.
    package static func system(directory: String) -> HostProbe {
        HostProbe(
            residentBytes: {
                do {
                    let text = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8)
                    let fields = text.split(separator: " ")
                    return fields.count > 1 ? (Int64(fields[1]) ?? 0) * Int64(sysconf(Int32(_SC_PAGESIZE))) : 0
                } catch {
                    // No /proc here: the size is unknown, which is what 0 says.
                    return 0
                }
            },
            disk: {
                do {
                    let values = try FileManager.default.attributesOfFileSystem(forPath: directory)
                    return Disk(
                        freeBytes: (values[.systemFreeSize] as? NSNumber)?.int64Value ?? 0,
                        totalBytes: (values[.systemSize] as? NSNumber)?.int64Value ?? 0)
                } catch {
                    // Whoever writes there hears of it; a disk that cannot be asked counts as of unknown size.
                    return unknownDisk
                }
            })
    }

    private static let unknownDisk = Disk(freeBytes: 0, totalBytes: 0)

    package static let unknown = HostProbe(residentBytes: { 0 }, disk: { Disk(freeBytes: 0, totalBytes: 0) })
}
