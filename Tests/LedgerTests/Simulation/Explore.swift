import Foundation
import Testing
@Test func explore() {
    let env = ProcessInfo.processInfo.environment
    guard let from = UInt64(env["FROM"] ?? ""), let count = UInt64(env["COUNT"] ?? "") else { return }
    let m = env["MUT"].flatMap(Mutation.init(rawValue:))
    var kinds: [String: [UInt64]] = [:]
    for seed in from..<(from+count) { if let v = World(seed: seed, mutation: m).run() { kinds[v, default: []].append(seed) } }
    for (k, v) in kinds.sorted(by: { $0.key < $1.key }) { print("VIO \(v.count) \(v.prefix(4)) \(k)") }
    if let s = UInt64(env["TRACE"] ?? "") { let w = World(seed: s, mutation: m, keepsTrace: true); print(w.conditions); _ = w.run(); print(w.trace.joined(separator: "\n")) }
    print("explored")
}
