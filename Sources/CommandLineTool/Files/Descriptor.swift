import Glibc

/// Writing to a descriptor of the system.
enum Descriptor {
    /// Writes all bytes, however many calls that takes.
    ///
    /// - Returns: the errno of the call that failed; nil where all is written.
    static func write(_ bytes: [UInt8], to descriptor: Int32) -> Int32? {
        var rest = bytes[...]
        while !rest.isEmpty {
            let written = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if written > 0 {
                rest = rest.dropFirst(written)
            } else if errno != EINTR {
                return errno
            }
        }
        return nil
    }
}
