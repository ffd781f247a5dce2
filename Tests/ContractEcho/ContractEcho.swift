import Foundation
import Messages
import MetricsCore

/// Gives back what it reads as the types of the message contract write it, so that what they drop or refuse is seen.
///
/// One JSON object a line: a whole message, or a `type` and its `data`. Answered by a line each: the message or the data,
/// decoded and encoded again, or an object with only an `error`.
@main
enum ContractEcho {
    static func main() {
        while let line = readLine() {
            print(String(decoding: answer(to: Array(line.utf8)), as: UTF8.self))
            fflush(nil)
        }
    }

    private static func answer(to line: [UInt8]) -> [UInt8] {
        do {
            return try echo(line)
        } catch {
            let told = JSONValue.object(["error": .string("\(error)")])
            return (try? MessageCoding.encode(told)) ?? Array(#"{"error":"an error that is no text"}"#.utf8)
        }
    }

    private static func echo(_ line: [UInt8]) throws(MessageError) -> [UInt8] {
        let value = try MessageCoding.decode(JSONValue.self, from: line)
        guard value["specversion"] == nil else {
            var message = try Message(frame: line)
            // A message of a type that is none of ours is passed on as it came.
            if let data = try again(message.data, message.type) { message.data = data }
            return try message.frame()
        }
        guard let type = value["type"]?.string, let data = value["data"] else {
            throw MessageError(what: "neither a message nor a type with its data")
        }
        guard let data = try again(data, EventType(rawValue: type)) else {
            throw MessageError(what: "\(type) is no type of the contract")
        }
        return try MessageCoding.encode(data)
    }

    /// The data of a type as that type writes it; nil where the contract does not have the type.
    private static func again(_ data: JSONValue, _ type: EventType) throws(MessageError) -> JSONValue? {
        if type == .metricsSample { return try again(data, as: SampleBatch.self) }
        return try MessageContract.all.first { $0.type == type }.map { content throws(MessageError) in
            try again(data, as: content)
        }
    }

    private static func again(_ data: JSONValue, as content: any Codable.Type) throws(MessageError) -> JSONValue {
        func again<Content: Codable>(_: Content.Type) throws(MessageError) -> JSONValue {
            try JSONValue(encoding: data.decoded(as: Content.self))
        }
        return try again(content)
    }
}
