import CoderAPI

/// What to ask Coder for, so that the answers hold all workspaces that are followed and not many others.
///
/// Some are asked for by their ids. Many are asked for by name: one call for all of them, and with them come those that
/// are followed no more, stopped until their hold ends, or followed by another process. Where these are so many that
/// one answer would not be taken, it is ids again, in several calls.
struct ListQuery {
    /// One call.
    struct Part: Equatable {
        var text: String
        /// Which of those that are followed the answer shows, or shows to be gone.
        var ids: [String]
    }

    /// Ids of 37 bytes each in a URL that proxies must take.
    static let mostIDs = 100
    /// So many are asked for by id in any case.
    static let fewIDs = 40
    /// All of ours.
    let all: String
    private var takesIDs = true
    /// How many of ours Coder may have before one list of them is too long; it has about 4 KB of each.
    private var mostListed = 12_000
    private var wasTooLarge = false
    /// Whether there are too many of ours for one list.
    private(set) var isCrowded = false

    init(owner: String) { all = "owner:\(owner.lowercased()) name:m-" }

    /// The calls that show all of these.
    func parts(for ids: [String]) -> [Part] {
        guard takesIDs, isCrowded || ids.count <= Self.fewIDs else { return [Part(text: all, ids: ids)] }
        let sorted = ids.sorted()
        return stride(from: 0, to: sorted.count, by: Self.mostIDs).map { start in
            let some = Array(sorted[start..<min(start + Self.mostIDs, sorted.count)])
            return Part(text: "id:\(some.joined(separator: ","))", ids: some)
        }
    }

    /// Takes in how many of ours there are.
    mutating func note(count: Int) {
        // They may be larger than expected.
        if wasTooLarge { mostListed = min(mostListed, count / 4 * 3) }
        wasTooLarge = false
        isCrowded = count > mostListed
    }

    /// Whether another query than the one that failed is to be tried at once.
    mutating func isChanged(by error: CoderError) -> Bool {
        switch error.kind {
        // The key `id` is in Coder's code but in no documentation.
        case .invalid where takesIDs:
            takesIDs = false
            return true
        case .tooLarge where takesIDs && !isCrowded:
            isCrowded = true
            wasTooLarge = true
            return true
        default: return false
        }
    }
}
