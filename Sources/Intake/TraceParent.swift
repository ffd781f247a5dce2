/// W3C trace context: kept where a caller brings a valid one, begun where not.
enum TraceParent {
    static func of(_ header: String?) -> String {
        if let header, isValid(header) { return header }
        func hex(_ value: UInt64) -> String {
            String(unsafeUninitializedCapacity: 16) { digits in
                for place in 0..<16 {
                    let digit = UInt8((value | 1) >> (60 - 4 * place) & 0xF)
                    digits[place] = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
                }
                return 16
            }
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
