import Foundation

/// The resident memory of this process in MiB, as Linux tells it.
enum ResidentMemory {
    static var now: Int { mebibytes("VmRSS:") }
    /// The most that it ever was.
    static var peak: Int { mebibytes("VmHWM:") }

    private static func mebibytes(_ field: String) -> Int {
        let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix(field) }
        let number = line?.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first.flatMap { Int($0) }
        return (number ?? 0) / 1024
    }
}
