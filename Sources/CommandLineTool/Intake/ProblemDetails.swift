import Foundation
import Messages

/// An error as intake tells it (RFC 9457).
struct ProblemDetails: Decodable, Hashable, Sendable {
    struct FieldError: Decodable, Hashable, Sendable {
        var field: String?
        var message: String
    }

    var title: String?
    var status: Int?
    var detail: String?
    /// Why an incident was declined.
    var reasons: [Reason]?
    /// What is wrong with the fields of what was sent.
    var errors: [FieldError]?
    /// Why a remediation could not begin.
    var diagnosis: Diagnosis?

    /// The problem in a body; nil where it holds none.
    init?(_ body: [UInt8]) {
        guard let problem = try? JSONDecoder().decode(ProblemDetails.self, from: Data(body)),
            problem.title != nil || problem.detail != nil
        else { return nil }
        self = problem
    }

    /// `title: detail`, and every error or reason on a line of its own.
    var text: String {
        var lines = [[title, detail].compactMap { $0 }.map { SafeText.line($0) }.joined(separator: ": ")]
        for reason in reasons ?? [] {
            lines.append("  \(SafeText.line(reason.message)) (\(SafeText.line(reason.code)))")
        }
        for error in errors ?? [] {
            let field = error.field.map { "\(SafeText.line($0)): " } ?? ""
            lines.append("  \(field)\(SafeText.line(error.message))")
        }
        if let diagnosis { lines.append("  \(SafeText.line(diagnosis.summary))") }
        return lines.joined(separator: "\n")
    }
}
