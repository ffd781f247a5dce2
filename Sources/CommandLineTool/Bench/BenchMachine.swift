import Foundation
import Glibc
import ZeroMQ

/// What was measured on: figures of another machine are other figures.
struct BenchMachine: Sendable, Codable, Hashable {
    var cores: Int
    var cpu: String
    var memoryMebibytes: Int
    var kernel: String
    var swift: String
    var libzmq: String
    /// The load average of the last minute as the measuring began; what it says above 0 has been in the way.
    var loadBefore: Double

    private enum CodingKeys: String, CodingKey {
        case cores, cpu, kernel, swift, libzmq
        case memoryMebibytes = "memory_mib"
        case loadBefore = "load_before"
    }

    /// This machine, now.
    static var here: BenchMachine {
        let information = ProcessInfo.processInfo
        var loads = [0.0]
        getloadavg(&loads, 1)
        return BenchMachine(
            cores: information.processorCount,
            cpu: cpuName,
            memoryMebibytes: Int(information.physicalMemory >> 20),
            kernel: text("/proc/sys/kernel/osrelease"),
            swift: compiler,
            libzmq: ZeroMQContext.libraryVersion,
            loadBefore: (loads[0] * 100).rounded() / 100
        )
    }

    private static func text(_ path: String) -> String {
        (try? String(contentsOfFile: path, encoding: .utf8))?.trimmingCharacters(in: .whitespacesAndNewlines)
            ?? "unknown"
    }

    private static var cpuName: String {
        let line = text("/proc/cpuinfo").split(separator: "\n").first { $0.hasPrefix("model name") }
        return line?.split(separator: ":").last.map { $0.trimmingCharacters(in: .whitespaces) } ?? "unknown"
    }

    /// The language version that this was built with, as far as the compiler tells.
    private static var compiler: String {
        #if compiler(>=6.4)
        "6.4 or later"
        #elseif compiler(>=6.3)
        "6.3"
        #else
        "before 6.3"
        #endif
    }
}
