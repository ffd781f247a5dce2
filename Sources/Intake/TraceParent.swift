/// W3C trace context: kept where a caller brings a valid one, begun where not.
enum TraceParent {
    static func of(_ header: String?) -> String {
        if let header, isValid(header) { return header }
        func hex(_ value: UInt64) -> String {
            let digits = String(value | 1, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }
        let any = UInt64.min...UInt64.max
        return "00-\(hex(.random(in: any)))\(hex(.random(in: any)))-\(hex(.random(in: any)))-01"
    }

    private static func isValid(_ text: String) -> Bool {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 4, parts[0] == "00", parts[1].count == 32, parts[2].count == 16, parts[3].count == 2 else {
            return false
        }
        let isHex = parts.allSatisfy { $0.allSatisfy { "0123456789abcdef".contains($0) } }
        return isHex && parts[1].contains { $0 != "0" } && parts[2].contains { $0 != "0" }
    }
}
