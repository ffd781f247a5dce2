import Foundation
import Glibc
import Synchronization

/// A secret that lives in a file and is read anew when the file changes.
///
/// Files are how tokens are given to servers: they are not in a process's arguments, and they can be replaced while
/// it runs. The text never appears in a description.
public final class SecretFile: Sendable, CustomStringConvertible {
    private struct Known {
        var text: String
        var stamp: Stamp
    }

    private struct Stamp: Equatable {
        var seconds: Int
        var nanoseconds: Int
        var size: Int
        var inode: UInt
    }

    /// Where the secret is.
    public let path: String
    private let hasLines: Bool
    private let known = Mutex<Known?>(nil)

    /// The secret in the file at this path; nothing is read yet.
    ///
    /// - Parameters:
    ///   - path: where it is.
    ///   - hasLines: whether it may have more than one line, as a list of tokens does.
    public init(path: String, hasLines: Bool = false) {
        self.path = path
        self.hasLines = hasLines
    }

    /// The secret without the line end that editors leave.
    ///
    /// - Throws: ``SecretError`` when the file cannot be read, is empty, or is not plain text.
    public func read() throws(SecretError) -> String {
        let stamp = try currentStamp()
        return try known.withLock { known throws(SecretError) in
            if let known, known.stamp == stamp { return known.text }
            let text = try load()
            known = Known(text: text, stamp: stamp)
            return text
        }
    }

    /// The path alone: the secret is in no description.
    public var description: String { "SecretFile(\(path))" }

    private func currentStamp() throws(SecretError) -> Stamp {
        // Of what links lead to: a Kubernetes secret is a link to a link, and it is the target that is replaced.
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw SecretError(what: "the secret file \(path) cannot be read; create it, readable for this user only")
        }
        return Stamp(
            seconds: status.st_mtim.tv_sec,
            nanoseconds: status.st_mtim.tv_nsec,
            size: status.st_size,
            inode: status.st_ino
        )
    }

    private func load() throws(SecretError) -> String {
        guard let data = FileManager.default.contents(atPath: path), data.count <= 16_384 else {
            throw SecretError(what: "the secret file \(path) cannot be read, or is over 16 KiB")
        }
        guard let raw = String(validating: data, as: UTF8.self) else {
            throw SecretError(what: "the secret file \(path) is not UTF-8 text")
        }
        let text = raw.trimmingCharacters(in: .whitespacesAndNewlines)
        guard !text.isEmpty else {
            throw SecretError(what: "the secret file \(path) is empty; write the secret into it")
        }
        let isPlain = text.unicodeScalars.allSatisfy { scalar in
            (scalar.value >= 0x20 && scalar.value != 0x7F) || (hasLines && "\n\r\t".unicodeScalars.contains(scalar))
        }
        guard isPlain else {
            throw SecretError(
                what: "the secret file \(path) holds \(hasLines ? "" : "more than one line or ")control characters"
            )
        }
        return text
    }
}

/// Why a secret is not to be had.
///
/// Never holds the secret.
public struct SecretError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is wrong and what to do.
    public var what: String

    /// An error that says this.
    public init(what: String) { self.what = what }

    /// What is wrong and what to do.
    public var description: String { what }
}

/// A secret from wherever it was configured.
public enum SecretSource: Sendable, CustomStringConvertible {
    /// From a file that is read anew when it changes.
    case file(SecretFile)
    /// Fixed at start, from the environment.
    case fixed(String)

    /// The secret as it is now.
    public func read() throws(SecretError) -> String {
        switch self {
        case .file(let file): try file.read()
        case .fixed(let text): text
        }
    }

    /// Where it comes from, never the secret.
    public var description: String {
        switch self {
        case .file(let file): file.description
        case .fixed: "a secret of the environment"
        }
    }
}
