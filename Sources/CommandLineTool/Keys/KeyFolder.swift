import Foundation
import Glibc
import Secrets
import Topology
import ZeroMQ

/// A folder of CURVE keys, and the file of those that are let in.
struct KeyFolder: Hashable, Sendable {
    var curve: CurveConfiguration

    /// What was done for one process.
    struct Made: Hashable, Sendable {
        var name: String
        var publicKey: String
        /// False where the pair was there already.
        var isNew: Bool
    }

    /// The files as they are named by default, in this folder.
    init(folder: String) { curve = CurveConfiguration(keys: folder, admittedFile: folder + "/admitted") }

    /// Where the topology has its keys, or would have them by default.
    init(_ topology: Topology) {
        self.init(folder: topology.data + "/secrets/curve")
        if let curve = topology.curve { self.curve = curve }
    }

    /// Who has keys in a topology.
    static func names(_ topology: Topology) -> [String] { ["intake", "metrics-sink"] + topology.stages.map(\.name) }

    /// Makes the pairs that are not there, and lists all of them as admitted.
    func make(_ names: [String]) throws(CommandFailure) -> [Made] {
        try LocalData.makeFolder(curve.keys)
        var made: [Made] = []
        for name in names { made.append(try make(name)) }
        try admit(made)
        return made
    }

    /// The secret key is made first and the public one follows from it, so that they always belong together.
    private func make(_ name: String) throws(CommandFailure) -> Made {
        let (secretFile, publicFile) = (curve.secretFile(of: name), curve.publicFile(of: name))
        let isNew = !FileManager.default.fileExists(atPath: secretFile)
        if isNew, FileManager.default.fileExists(atPath: publicFile) {
            throw CommandFailure(
                "\(publicFile) is there and its secret key \(secretFile) is not: make keys where the secret one is, or "
                    + "remove the public one (and its line in \(curve.admittedFile)) so that a new pair is made",
                code: CommandFailure.wrongConfiguration
            )
        }
        do {
            if isNew {
                let pair = try CurveKeyPair.generate()
                try pair.withSecretKey { try WholeFile.make(secretFile, $0 + "\n") }
            }
            let pair = try Self.pair(secretFile)
            try WholeFile.make(publicFile, pair.publicKey + "\n")
            return Made(name: name, publicKey: pair.publicKey, isNew: isNew)
        } catch let failure as CommandFailure {
            throw failure
        } catch {
            throw CommandFailure("\(error)")
        }
    }

    /// The pair of a secret key's file.
    static func pair(_ secretFile: String) throws(CommandFailure) -> CurveKeyPair {
        do {
            return try CurveKeyPair(secretKey: try SecretFile(path: secretFile).read())
        } catch let error as SecretError {
            throw CommandFailure(error.what, code: CommandFailure.wrongConfiguration)
        } catch {
            throw CommandFailure(
                "\(secretFile) holds no secret CURVE key: remove it so that `mendline keys new` makes one",
                code: CommandFailure.wrongConfiguration
            )
        }
    }

    /// Adds a line for each key that is not listed; lines that are there stay as they are, and so does whose the file is.
    private func admit(_ made: [Made]) throws(CommandFailure) {
        let file = curve.admittedFile
        var text = Self.head
        var listed: Set<String> = []
        if FileManager.default.fileExists(atPath: file) {
            do {
                listed = Set(try AdmittedKeys.load(path: file).names.keys)
                text = try String(contentsOfFile: file, encoding: .utf8)
            } catch let problems as ConfigurationProblems {
                throw CommandFailure("\(problems)", code: CommandFailure.wrongConfiguration)
            } catch {
                throw CommandFailure(
                    "\(file) cannot be read, so it was left as it is: \(error.localizedDescription); see that it is there "
                        + "and who may read it, and do the same again",
                    code: CommandFailure.wrongConfiguration
                )
            }
            if !text.hasSuffix("\n") { text += "\n" }
        }
        let new = made.filter { !listed.contains($0.publicKey) }
        guard !new.isEmpty else { return }
        for key in new { text += "\(key.name) \(key.publicKey)\n" }
        do throws(SecretError) {
            try WholeFile.replace(file, text)
        } catch {
            throw CommandFailure(error.what)
        }
    }

    private static let head = """
        # The public keys that intake and the metrics-sink let in: NAME[,NAME…] KEY, the names being those that the holder
        # of the key may speak for. A change counts from the next second on.

        """

    /// What was made, where each file goes, and what the topology file must say.
    func text(_ made: [Made], topology: Topology) -> [String] {
        let new = made.filter(\.isNew).map(\.name)
        let kept = made.filter { !$0.isNew }.map(\.name)
        var lines: [String] = []
        if !new.isEmpty { lines.append("made the keys of \(new.joined(separator: ", "))") }
        if !kept.isEmpty { lines.append("kept the keys of \(kept.joined(separator: ", ")), which were there") }
        lines.append("")
        for key in made {
            lines.append("\(curve.secretFile(of: key.name))")
            lines.append("  only to the machines that run \(key.name), readable by its user alone")
        }
        for (server, clients) in [("intake", "a stage"), ("metrics-sink", "intake or a stage")]
        where made.contains(where: { $0.name == server }) {
            lines.append("\(curve.publicFile(of: server))")
            lines.append("  to every machine that runs \(clients)")
        }
        lines.append("\(curve.admittedFile)")
        lines.append("  to the machines of intake and of the metrics-sink: who is let in, and for which stages")
        if topology.curve == nil {
            lines += [
                "", "The topology file of each machine must have:", "", "curve:", "  keys: \"\(curve.keys)\"",
                "  admitted_file: \"\(curve.admittedFile)\"",
            ]
        }
        return lines
    }
}
