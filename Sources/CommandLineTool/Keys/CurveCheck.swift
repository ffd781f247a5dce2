import Foundation
import Topology
import ZeroMQ

/// Checks the key files of a topology, those that are on this machine.
enum CurveCheck {
    /// What was found; empty where the topology has no `curve` section.
    static func reports(_ topology: Topology) -> [FileReport] {
        guard let curve = topology.curve else { return [] }
        return [admitted(curve, topology)] + KeyFolder.names(topology).compactMap { pair($0, curve) }
    }

    private static func admitted(_ curve: CurveConfiguration, _ topology: Topology) -> FileReport {
        let file = curve.admittedFile
        guard FileManager.default.fileExists(atPath: file) else {
            return FileReport(
                file: file,
                problems: [
                    problem(
                        file,
                        "is not on this machine; intake and the metrics-sink need it",
                        "make it with `mendline keys new`, or copy it from where the keys were made",
                        .warning
                    )
                ],
                summary: "not checked"
            )
        }
        do throws(ConfigurationProblems) {
            let admitted = try AdmittedKeys.load(path: file)
            let known = Set(KeyFolder.names(topology)).sorted()
            let named = admitted.names.values.reduce(into: Set<String>()) { $0.formUnion($1) }
            let strangers = named.subtracting(known).sorted().map {
                problem(file, "`\($0)` is not in the topology", "correct the name, or remove it", .warning)
            }
            var present: [String: String] = [:]
            for name in known { present[name] = key(of: name, curve) }
            let missing = known.compactMap { name -> ConfigurationProblem? in
                guard let key = present[name] else { return named.contains(name) ? nil : unnamed(name, file) }
                return unlisted(name, key, present, admitted, file)
            }
            return FileReport(
                file: file,
                problems: strangers + missing,
                summary: "\(admitted.names.count) admitted keys, good"
            )
        } catch {
            return FileReport(file: file, problems: error.problems, summary: "")
        }
    }

    /// Nobody has a key for the name, as far as this machine knows.
    private static func unnamed(_ name: String, _ file: String) -> ConfigurationProblem {
        problem(
            file,
            "no key is admitted for `\(name)`, so its processes would be turned away",
            "run `mendline keys new \(name)`",
            .warning
        )
    }

    /// The key that is on this machine must be admitted for the name; nil where it is.
    private static func unlisted(
        _ name: String,
        _ key: String,
        _ present: [String: String],
        _ admitted: AdmittedKeys,
        _ file: String
    ) -> ConfigurationProblem? {
        let listed = admitted.names[key] ?? []
        guard !listed.contains(name) else { return nil }
        // A key has one line, with the names of all who share it.
        let names = listed.union(present.filter { $0.value == key }.keys).sorted().joined(separator: ",")
        let line = "`\(names) \(key)`"
        let remedy =
            listed.isEmpty
            ? "put the line \(line) there, and take out that of its former key" : "make the line of that key \(line)"
        return problem(
            file,
            "the key of `\(name)` on this machine is not admitted for it, so its processes would be turned away",
            remedy,
            .error
        )
    }

    /// The public key that a name's processes show, as far as its pair is on this machine.
    private static func key(of name: String, _ curve: CurveConfiguration) -> String? {
        if let pair = try? KeyFolder.pair(curve.secretFile(of: name)) { return pair.publicKey }
        return text(curve.publicFile(of: name)).flatMap { AdmittedKeys.isKey($0) ? $0 : nil }
    }

    /// Nil where neither key of the pair is on this machine.
    private static func pair(_ name: String, _ curve: CurveConfiguration) -> FileReport? {
        let (secretFile, publicFile) = (curve.secretFile(of: name), curve.publicFile(of: name))
        let own = text(publicFile)
        if let own, !AdmittedKeys.isKey(own) {
            return FileReport(
                file: publicFile,
                problems: [problem(publicFile, "holds no public CURVE key", "copy it again", .error)],
                summary: ""
            )
        }
        guard FileManager.default.fileExists(atPath: secretFile) else { return nil }
        var problems: [ConfigurationProblem] = []
        do throws(CommandFailure) {
            let pair = try KeyFolder.pair(secretFile)
            if let own, own != pair.publicKey {
                problems.append(
                    problem(publicFile, "does not belong to \(secretFile)", "make a new pair of both", .error)
                )
            }
        } catch {
            problems.append(problem(secretFile, error.message, "make a new pair", .error))
        }
        let mode = try? FileManager.default.attributesOfItem(atPath: secretFile)[.posixPermissions] as? NSNumber
        if let mode, mode.intValue & 0o077 != 0 {
            problems.append(
                problem(secretFile, "can be read by others than its owner", "run `chmod 600 \(secretFile)`", .warning)
            )
        }
        return FileReport(file: secretFile, problems: problems, summary: "the secret key of \(name), good")
    }

    private static func text(_ file: String) -> String? {
        (try? String(contentsOfFile: file, encoding: .utf8))?.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    private static func problem(
        _ file: String,
        _ message: String,
        _ remedy: String,
        _ severity: ConfigurationProblem.Severity
    ) -> ConfigurationProblem {
        ConfigurationProblem(file: file, line: 0, column: 0, message: message, remedy: remedy, severity: severity)
    }
}
