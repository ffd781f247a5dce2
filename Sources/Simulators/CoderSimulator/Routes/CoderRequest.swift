import Foundation
import Hummingbird
import SimulatorKit

/// Reading of bodies and query parameters, with Coder's errors.
enum CoderRequest {
    /// The body's members.
    ///
    /// Unknown ones are ignored, as in Coder.
    ///
    /// - Throws: 400 `Request body must be valid JSON.`
    static func body<Body: Decodable>(_ request: Request, as type: Body.Type) async throws -> Body {
        let bytes = try await request.body.collect(upTo: 1 << 20)
        do {
            return try JSONDecoder().decode(type, from: Data(bytes.readableBytesView))
        } catch let error as DecodingError {
            throw APIError.invalidBody(sentence(of: error))
        }
    }

    /// Whether a query parameter is there, with whatever value.
    static func has(_ name: String, in request: Request) -> Bool {
        request.uri.queryParameters[Substring(name)] != nil
    }

    /// A query parameter's text; form encoding writes spaces as `+`.
    static func text(_ name: String, in request: Request) -> String? {
        for part in (request.uri.query ?? "").split(separator: "&") {
            let sides = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard sides[0] == name else { continue }
            let raw = sides.count == 2 ? sides[1].replacingOccurrences(of: "+", with: " ") : ""
            return raw.removingPercentEncoding ?? raw
        }
        return nil
    }

    /// `after` of the logs: ids greater than this.
    static func after(_ request: Request, allowsNegative: Bool) throws -> Int64 {
        if has("follow", in: request) {
            throw APIError(
                400,
                "The simulator does not follow logs.",
                detail: "Poll with \"after\" and without \"follow\"."
            )
        }
        guard let text = text("after", in: request), !text.isEmpty else { return allowsNegative ? .min : 0 }
        guard let after = Int64(text), allowsNegative || after >= 0 else {
            throw APIError(
                400,
                "Query param \"after\" must be an integer.",
                validations: [.init(field: "after", detail: "Must be an integer")]
            )
        }
        return after
    }

    /// `limit` and `offset` of a list: 0 and absent are no limit.
    static func page(_ request: Request) throws -> (limit: Int, offset: Int) {
        var numbers: [String: Int] = [:]
        var wrong: [APIError.Validation] = []
        for name in ["limit", "offset"] {
            guard let text = text(name, in: request), !text.isEmpty else { continue }
            if let number = Int(text), number >= 0 {
                numbers[name] = number
            } else {
                wrong.append(
                    .init(
                        field: name,
                        detail:
                            "Query param \"\(name)\" must be a valid integer: a valid integer 0 or greater is wanted"
                    )
                )
            }
        }
        guard wrong.isEmpty else { throw APIError(400, "Query parameters have invalid values.", validations: wrong) }
        return (numbers["limit"] ?? 0, numbers["offset"] ?? 0)
    }
}

/// Bodies as they come in.
struct ParameterBody: Decodable {
    let name: String
    let value: String

    var parameter: Parameter { Parameter(name: name, value: value) }
}

struct CreateBody: Decodable {
    let name: String?
    let templateID: String?
    let templateVersionID: String?
    let parameters: [ParameterBody]?
    let ttlMilliseconds: Int64?

    private enum CodingKeys: String, CodingKey {
        case name
        case templateID = "template_id"
        case templateVersionID = "template_version_id"
        case parameters = "rich_parameter_values"
        case ttlMilliseconds = "ttl_ms"
    }

    var request: CreateRequest {
        CreateRequest(
            name: name,
            templateID: templateID,
            templateVersionID: templateVersionID,
            parameters: parameters?.map(\.parameter) ?? [],
            ttlMilliseconds: ttlMilliseconds
        )
    }
}

struct BuildBody: Decodable {
    let transition: String?
    let parameters: [ParameterBody]?

    private enum CodingKeys: String, CodingKey {
        case transition
        case parameters = "rich_parameter_values"
    }
}

struct TTLBody: Decodable {
    let milliseconds: Int64?

    private enum CodingKeys: String, CodingKey {
        case milliseconds = "ttl_ms"
    }
}
