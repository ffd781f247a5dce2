import Foundation
import Glibc

/// What a process and its descendants use, by the kernel's account (proc(5)).
struct ProcessUsage: Hashable, Sendable {
    /// Memory that is in RAM, in bytes; what several share counts for each.
    var residentBytes: Int
    /// User and system time since the start, in seconds.
    var cpuSeconds: Double

    /// What they use now; nil where there is no such process.
    static func of(_ pid: pid_t) -> ProcessUsage? {
        guard let usage = alone(pid) else { return nil }
        return sum([usage] + children(of: pid).compactMap(of))
    }

    /// What several use together.
    static func sum(_ usages: [ProcessUsage]) -> ProcessUsage {
        usages.reduce(into: ProcessUsage(residentBytes: 0, cpuSeconds: 0)) { sum, usage in
            sum.residentBytes += usage.residentBytes
            sum.cpuSeconds += usage.cpuSeconds
        }
    }

    /// The proportional share of memory of the process and its descendants, in bytes: what several share counts in parts.
    static func proportionalBytes(of pid: pid_t) -> Int? {
        guard let text = try? String(contentsOfFile: "/proc/\(pid)/smaps_rollup", encoding: .utf8),
            let line = text.split(separator: "\n").first(where: { $0.hasPrefix("Pss:") }),
            let kibibytes = line.split(separator: " ").dropFirst().first.flatMap({ Int($0) })
        else { return nil }
        return kibibytes * 1024 + children(of: pid).compactMap(proportionalBytes).reduce(0, +)
    }

    private static func alone(_ pid: pid_t) -> ProcessUsage? {
        guard let text = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
            // The name, in parentheses, may hold anything.
            let close = text.lastIndex(of: ")")
        else { return nil }
        let fields = text[text.index(after: close)...].split(separator: " ")
        // Fields 14, 15 and 24 of the line, of which the first two are cut off here.
        guard fields.count > 21, let user = Double(fields[11]), let system = Double(fields[12]),
            let pages = Int(fields[21])
        else { return nil }
        let ticks = Double(sysconf(Int32(_SC_CLK_TCK)))
        return ProcessUsage(
            residentBytes: pages * sysconf(Int32(_SC_PAGESIZE)),
            cpuSeconds: (user + system) / ticks
        )
    }

    private static func children(of pid: pid_t) -> [pid_t] {
        let text = (try? String(contentsOfFile: "/proc/\(pid)/task/\(pid)/children", encoding: .utf8)) ?? ""
        return text.split(separator: " ").compactMap { pid_t($0) }
    }
}
