import ArgumentParser

/// What a person who asks something of an incident says: which one, why, and in whose name.
struct OperatorOptions: ParsableArguments {
    @Argument(help: ArgumentHelp("The incident's id.", valueName: "id"))
    var id: String

    @Option(help: "Why, for those who read the timeline.")
    var reason: String

    @Option(help: ArgumentHelp("Who asks for it. Without it USER of the environment is taken.", valueName: "name"))
    var by: String?

    /// Who asks.
    func name(_ environment: [String: String]) -> String {
        let user = environment["USER"] ?? ""
        return by ?? (user.isEmpty ? "mendline" : user)
    }

    func validate() throws {
        guard !reason.isEmpty else { throw ValidationError("--reason is empty; say why in a few words") }
    }
}
