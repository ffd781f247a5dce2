import TestSupport

/// Ports of the loopback that nobody uses, for the addresses that a topology must name.
enum FreePorts {
    /// One for each name.
    static func find(for names: [String]) throws -> [String: Int] {
        let ports = try LoopbackPorts.find(names.count)
        return Dictionary(uniqueKeysWithValues: zip(names, ports))
    }
}
