import HTTPTypes
import Secrets

/// Who makes a request, and what that allows.
struct RequestCaller: Sendable, Hashable {
    /// By what a caller is known.
    enum Proof: Sendable, Hashable {
        case nothing
        case token
        case signature
    }

    /// The name of the token or key; nil where it has none.
    let name: String?
    let scopes: Set<AccessScope>
    let proof: Proof

    /// Before anybody was asked: nothing is allowed.
    static let unknown = RequestCaller(name: nil, scopes: [], proof: .nothing)
    /// Of an intake that asks for nothing, which only loopback allows.
    static let anybody = RequestCaller(name: nil, scopes: Set(AccessScope.allCases), proof: .nothing)

    /// Whoever shows a token does what that allows.
    static func holder(name: String?, scopes: Set<AccessScope>) -> RequestCaller {
        RequestCaller(name: name, scopes: scopes, proof: .token)
    }

    /// Whoever sends a signed body brings incidents and does nothing else.
    static func signer(_ name: String) -> RequestCaller {
        RequestCaller(name: name, scopes: [.send], proof: .signature)
    }

    /// Refuses what the caller may not do.
    ///
    /// - Throws: ``Problem`` 403 that names the scope.
    func require(_ scope: AccessScope) throws(Problem) {
        guard !scopes.contains(scope) else { return }
        var problem = Problem(
            .forbidden,
            "missing-scope",
            title,
            "This call needs the scope \(scope.rawValue)\(remedy(scope))"
        )
        problem.scope = scope.rawValue
        throw problem
    }

    private var title: String {
        switch proof {
        case .nothing: "Nobody is known to call"
        case .token: "The token does not allow this"
        case .signature: "A signature does not allow this"
        }
    }

    /// The rest of a sentence about the scope that is missing, and what to do.
    private func remedy(_ scope: AccessScope) -> String {
        switch proof {
        case .nothing: "; send Authorization: Bearer with a token that has it."
        case .token:
            "; \(name ?? "the caller") has \(list.isEmpty ? "none" : list). Use another token, or add the scope to "
                + "this one's line in intake's token file."
        case .signature:
            ", and a signature has \(list) alone, whatever its key. Send Authorization: Bearer with a token that has "
                + "it: a line NAME \(scope.rawValue) TOKEN in intake's token file."
        }
    }

    private var list: String { AccessScope.allCases.filter(scopes.contains).map(\.rawValue).joined(separator: ", ") }

    /// Who is written into the timeline for what an operator does.
    ///
    /// - Parameter claim: the name that the request itself gives; it counts only where nobody's name is known, and where
    ///   it can be a name.
    /// - Returns: the name.
    func operatorName(claim: String?) -> String {
        if let name { return name }
        guard let claim, CallerText.problem(with: claim, limit: 100, multiline: false) == nil else { return "operator" }
        return claim
    }
}

extension IntakeContext {
    /// Who acts, for a call that changes an incident: the name for the timeline.
    ///
    /// - Parameter claim: the name that the request itself gives, where it does.
    /// - Returns: the name of the caller's token; without one the claim, or `operator`.
    /// - Throws: ``Problem`` 403 where the caller may not act.
    func operatorName(claim: String? = nil) throws(Problem) -> String {
        try caller.require(.operate)
        return caller.operatorName(claim: claim)
    }
}
