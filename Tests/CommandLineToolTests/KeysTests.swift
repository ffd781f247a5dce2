import Foundation
import Glibc
import Testing
import Topology
import ZeroMQ

@testable import CommandLineTool

/// `mendline keys new`, and what `mendline check` says of its files.
@Suite(.timeLimit(.minutes(3))) struct KeysTests {
    private static let names = [
        "intake", "metrics-sink", "validator", "approver", "provisioner", "log-collector", "reporter",
    ]

    private func topology(_ folder: String, hasCurve: Bool = true) throws -> Topology {
        let text = TestTopology.text + (hasCurve ? "curve: {}\n" : "")
        return try Topology.parse(text: text, file: folder + "/t.yaml", data: folder)
    }

    private func read(_ path: String) throws -> String {
        try String(contentsOfFile: path, encoding: .utf8).trimmingCharacters(in: .newlines)
    }

    private func mode(_ path: String) throws -> Int {
        try #require(FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int)
    }

    @Test func aPairForEachAndALineForEach() async throws {
        try await withTemporaryFolder { folder in
            let topology = try topology(folder)
            let keys = KeyFolder(topology)
            let made = try keys.make(KeyFolder.names(topology))
            #expect(made.map(\.name) == Self.names && made.allSatisfy(\.isNew))
            let place = folder + "/secrets/curve"
            #expect(try mode(place) == 0o700)
            for name in Self.names {
                let pair = try CurveKeyPair(secretKey: try read("\(place)/\(name).secret"))
                #expect(try read("\(place)/\(name).public") == pair.publicKey)
                #expect(try mode("\(place)/\(name).secret") == 0o600)
                #expect(try mode("\(place)/\(name).public") == 0o600)
            }
            let admitted = try AdmittedKeys.load(path: place + "/admitted")
            #expect(try mode(place + "/admitted") == 0o600)
            #expect(admitted.names == Dictionary(uniqueKeysWithValues: made.map { ($0.publicKey, [$0.name]) }))
            #expect(Set(made.map(\.publicKey)).count == Self.names.count)
            let files = try FileManager.default.contentsOfDirectory(atPath: place)
            #expect(files.count == 2 * Self.names.count + 1, "no drafts are left: \(files)")
        }
    }

    @Test func whatIsThereStaysAndWhatIsMissingComes() async throws {
        try await withTemporaryFolder { folder in
            let topology = try topology(folder)
            let keys = KeyFolder(topology)
            let place = folder + "/secrets/curve"
            let first = try keys.make(["intake"])
            let line = "# by hand\nvalidator,reporter \(try CurveKeyPair.generate().publicKey)"
            try (try read(place + "/admitted") + "\n" + line).write(
                toFile: place + "/admitted",
                atomically: true,
                encoding: .utf8
            )
            try FileManager.default.removeItem(atPath: place + "/intake.public")
            let second = try keys.make(["intake", "validator"])
            #expect(second.map(\.isNew) == [false, true])
            #expect(second[0].publicKey == first[0].publicKey)
            #expect(try read(place + "/intake.public") == first[0].publicKey)
            let text = try read(place + "/admitted")
            #expect(text.contains(line) && text.hasSuffix("\nvalidator \(second[1].publicKey)"), "\(text)")
            #expect(text.ranges(of: first[0].publicKey).count == 1)
        }
    }

    @Test func nothingIsMadeOverHalfAPairOrABrokenList() async throws {
        try await withTemporaryFolder { folder in
            let topology = try topology(folder)
            let place = folder + "/secrets/curve"
            _ = try KeyFolder(topology).make(["intake"])
            try FileManager.default.removeItem(atPath: place + "/intake.secret")
            let failure = #expect(throws: CommandFailure.self) { try KeyFolder(topology).make(["intake"]) }
            #expect(failure?.code == 2 && failure?.message.contains("intake.public is there") == true)

            try "nonsense\n".write(toFile: place + "/admitted", atomically: true, encoding: .utf8)
            let broken = #expect(throws: CommandFailure.self) { try KeyFolder(topology).make(["validator"]) }
            #expect(broken?.message.contains("admitted:1:1") == true)
            #expect(try read(place + "/admitted") == "nonsense")
        }
    }

    @Test func itSaysWhereEachFileGoesAndNoSecret() async throws {
        try await withTemporaryFolder { folder in
            let topology = try topology(folder, hasCurve: false)
            let keys = KeyFolder(topology)
            let made = try keys.make(KeyFolder.names(topology))
            let text = keys.text(made, topology: topology).joined(separator: "\n")
            for name in Self.names {
                #expect(
                    text.contains("\(folder)/secrets/curve/\(name).secret\n  only to the machines that run \(name),")
                )
                #expect(!text.contains(try read("\(folder)/secrets/curve/\(name).secret")))
            }
            #expect(text.contains("intake.public\n  to every machine that runs a stage"))
            #expect(text.contains("admitted\n  to the machines of intake and of the metrics-sink"))
            #expect(text.contains("curve:\n  keys: \"\(folder)/secrets/curve\""), "what the topology file lacks")
            let again = keys.text(try keys.make(["intake"]), topology: try self.topology(folder))
            #expect(again.first == "kept the keys of intake, which were there")
            #expect(!again.contains("curve:"))
        }
    }

    @Test func checkLooksAtTheFilesThatAreThere() async throws {
        try await withTemporaryFolder { folder in
            let topology = try topology(folder)
            func problems() -> [String] { CurveCheck.reports(topology).flatMap(\.problems).map(\.description) }
            #expect(problems().count == 1 && problems()[0].contains("admitted: warning: is not on this machine"))
            _ = try KeyFolder(topology).make(KeyFolder.names(topology))
            #expect(problems() == [])
            #expect(CurveCheck.reports(topology).count == Self.names.count + 1)

            let place = folder + "/secrets/curve"
            try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: place + "/intake.secret")
            #expect(problems().count == 1 && problems()[0].contains("intake.secret: warning: can be read by others"))
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: place + "/intake.secret")

            let other = try CurveKeyPair.generate().publicKey
            try other.write(toFile: place + "/reporter.public", atomically: true, encoding: .utf8)
            try "x".write(toFile: place + "/validator.public", atomically: true, encoding: .utf8)
            try "y".write(toFile: place + "/provisioner.secret", atomically: true, encoding: .utf8)
            let found = problems()
            #expect(found.contains { $0.contains("reporter.public: does not belong to") }, "\(found)")
            #expect(found.contains { $0.contains("validator.public: holds no public CURVE key") }, "\(found)")
            #expect(found.contains { $0.contains("provisioner.secret holds no secret CURVE key") }, "\(found)")

            try "stranger \(other)\n".write(toFile: place + "/admitted", atomically: true, encoding: .utf8)
            let listed = try #require(CurveCheck.reports(topology).first)
            #expect(!listed.isUsable && listed.problems.count == 1 + Self.names.count)
            try "stranger x\n".write(toFile: place + "/admitted", atomically: true, encoding: .utf8)
            #expect(CurveCheck.reports(topology).first?.isUsable == false)
        }
    }

    @Test func aKeyThatIsHereMustBeListedForItsName() async throws {
        try await withTemporaryFolder { folder in
            let topology = try topology(folder)
            let place = folder + "/secrets/curve"
            func problems() -> [String] { CurveCheck.reports(topology).flatMap(\.problems).map(\.description) }
            func list(_ text: String) throws {
                try text.write(toFile: place + "/admitted", atomically: true, encoding: .utf8)
            }
            func remove(_ file: String) throws { try FileManager.default.removeItem(atPath: place + "/" + file) }

            // A pair is replaced, and the list stays as it was.
            _ = try KeyFolder(topology).make(KeyFolder.names(topology))
            let before = try read(place + "/admitted") + "\n"
            try remove("validator.secret")
            try remove("validator.public")
            let key = try #require(try KeyFolder(topology).make(["validator"]).first?.publicKey)
            try list(before)
            #expect(problems().count == 1)
            #expect(problems().first?.contains("the key of `validator` on this machine is not admitted for it") == true)
            #expect(problems().first?.contains("put the line `validator \(key)` there") == true)
            #expect(CurveCheck.reports(topology).first?.isUsable == false)

            try list(before + "reporter \(key)\n")
            #expect(problems().first?.contains("make the line of that key `reporter,validator \(key)`") == true)
            try list(before + "validator \(key)\n")
            #expect(problems() == [])

            // The public key alone says the same, and without it nothing can be said.
            try remove("validator.secret")
            #expect(problems() == [])
            try list(before)
            #expect(problems().count == 1)
            try remove("validator.public")
            #expect(problems() == [])
        }
    }

    @Test func processesThatShareAKeyHaveOneLine() async throws {
        try await withTemporaryFolder { folder in
            let topology = try topology(folder)
            let place = folder + "/secrets/curve"
            _ = try KeyFolder(topology).make(["intake", "metrics-sink", "approver", "provisioner", "log-collector"])
            let before = try read(place + "/admitted") + "\n"
            let key = try #require(try KeyFolder(topology).make(["validator"]).first?.publicKey)
            for kind in ["secret", "public"] {
                try FileManager.default.copyItem(
                    atPath: "\(place)/validator.\(kind)",
                    toPath: "\(place)/reporter.\(kind)"
                )
            }
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: place + "/reporter.secret")
            try before.write(toFile: place + "/admitted", atomically: true, encoding: .utf8)
            let problems = CurveCheck.reports(topology).flatMap(\.problems).map(\.description)
            let line = "`reporter,validator \(key)`"
            #expect(problems.count == 2 && problems.allSatisfy { $0.contains(line) }, "\(problems)")
        }
    }

    private func owner(_ path: String) -> [UInt32] {
        var status = stat()
        guard stat(path, &status) == 0 else { return [] }
        return [status.st_uid, status.st_gid]
    }

    @Test func theListStaysWhereItIsAndWhoseItIs() async throws {
        try await withTemporaryFolder { folder in
            let topology = try topology(folder)
            let (link, list) = (folder + "/secrets/curve/admitted", folder + "/list")
            _ = try KeyFolder(topology).make(["intake"])
            try FileManager.default.moveItem(atPath: link, toPath: list)
            try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: list)
            // Only root may give a file away; of others it is theirs before and after.
            _ = chown(list, 1, 1)
            try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: list)
            let before = owner(list)

            let made = try KeyFolder(topology).make(["intake", "validator"])
            #expect(try read(list).hasSuffix("\nvalidator \(made[1].publicKey)"))
            #expect(try AdmittedKeys.load(path: link).names.count == 2)
            #expect(try mode(list) == 0o640)
            #expect(owner(list) == before && before.count == 2)
            #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == list)
            let files = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
            #expect(files == ["list", "secrets"], "no drafts are left")
        }
    }

    @Test func aLinkThatLeadsNowhereIsLeftAsItIs() async throws {
        try await withTemporaryFolder { folder in
            let topology = try topology(folder)
            let link = folder + "/secrets/curve/admitted"
            try LocalData.makeFolder(folder + "/secrets/curve")
            try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: folder + "/nowhere")
            let failure = #expect(throws: CommandFailure.self) { try KeyFolder(topology).make(["intake"]) }
            #expect(failure?.message.hasPrefix("\(link) is a link to a file that is not there") == true)
            #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == folder + "/nowhere")
            #expect(!FileManager.default.fileExists(atPath: folder + "/nowhere"))
        }
    }

    @Test func mendlineUpMakesThemInItsOwnFolderOnly() async throws {
        try await withTemporaryFolder { folder in
            try LocalData(try topology(folder)).make()
            #expect(FileManager.default.fileExists(atPath: folder + "/secrets/curve/reporter.secret"))
            let elsewhere = try Topology.parse(
                text: TestTopology.text + "curve: { keys: \(folder)/etc, admitted_file: \(folder)/etc/admitted }\n",
                file: folder + "/t.yaml",
                data: folder + "/var"
            )
            try LocalData(elsewhere).make()
            #expect(!FileManager.default.fileExists(atPath: folder + "/etc"))
            try LocalData(try topology(folder + "/plain", hasCurve: false)).make()
            #expect(!FileManager.default.fileExists(atPath: folder + "/plain/secrets/curve"))
        }
    }
}
