/// Why the ledger cannot be opened, read or written.
public struct LedgerError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What went wrong.
    public enum Code: String, Sendable, Hashable {
        /// The file was written by a newer Mendline.
        case newerSchema
        /// The file cannot be opened.
        case cannotOpen
        /// The disk took no more, or the file cannot be written now.
        case cannotWrite
        /// Too much is waiting to be stored.
        case overloaded
        /// The ledger is shutting down.
        case stopped
        /// There is no file.
        case notThere
        /// There is a file already where one was to be made.
        case fileExists
        /// The ledger has no incident of this id.
        case unknownIncident
    }
    /// What went wrong.
    public var code: Code
    /// What was tried, on what, and what to do.
    public var message: String

    /// An error.
    public init(code: Code, message: String) {
        self.code = code
        self.message = message
    }

    /// What was tried, on what, and what to do.
    public var description: String { message }
}
