import Foundation
import Secrets
import Testing
import Topology

@testable import CommandLineTool

@Suite(.timeLimit(.minutes(3))) struct LocalDataTests {
    private func local(_ folder: String) throws -> LocalData {
        LocalData(try Topology.parse(text: TestTopology.text, file: "/t.yaml", data: folder))
    }

    private func mode(_ path: String) throws -> Int {
        try #require(FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int)
    }

    @Test func everythingIsMadeForThisUserOnly() async throws {
        try await withTemporaryFolder { parent in
            let folder = parent + "/new/var"
            try local(folder).make()
            for name in ["", "/secrets", "/sockets", "/logs"] { #expect(try mode(folder + name) == 0o700, "\(name)") }
            let token = try SecretFile(path: folder + "/secrets/coder-token").read()
            #expect(token.wholeMatch(of: /[A-Za-z0-9]{10}-[A-Za-z0-9]{22}/) != nil)
            for name in ["coder-token", "incident-api-key", "seal-public-key", "seal-private-key"] {
                #expect(try mode("\(folder)/secrets/\(name)") == 0o600, "\(name)")
            }
            let files = try FileManager.default.contentsOfDirectory(atPath: folder + "/secrets")
            #expect(files.count == 4, "no drafts are left: \(files)")
            let publicKey = try TokenSeal.PublicKey(
                base64: try SecretFile(path: folder + "/secrets/seal-public-key").read()
            )
            let privateKey = try TokenSeal.PrivateKey(
                base64: try SecretFile(path: folder + "/secrets/seal-private-key").read()
            )
            let sealed = try TokenSeal.seal("t", incidentID: "I", for: publicKey)
            #expect(try privateKey.open(sealed, incidentID: "I") == "t")
        }
    }

    @Test func whatIsThereStays() async throws {
        try await withTemporaryFolder { folder in
            try local(folder).make()
            let names = ["coder-token", "incident-api-key", "seal-public-key", "seal-private-key"]
            let before = try names.map { try String(contentsOfFile: "\(folder)/secrets/\($0)", encoding: .utf8) }
            try FileManager.default.removeItem(atPath: folder + "/secrets/seal-public-key")
            try local(folder).make()
            let after = try names.map { try String(contentsOfFile: "\(folder)/secrets/\($0)", encoding: .utf8) }
            #expect(before == after, "the public key follows from the private one")
        }
    }

    @Test func aPublicKeyWithoutItsPrivateOneIsNotReplaced() async throws {
        try await withTemporaryFolder { folder in
            try local(folder).make()
            try FileManager.default.removeItem(atPath: folder + "/secrets/seal-private-key")
            let local = try local(folder)
            let failure = #expect(throws: CommandFailure.self) { try local.make() }
            #expect(failure?.code == 2)
            #expect(failure?.message.contains("seal-public-key is there and its private key") == true)
        }
    }

    @Test func whatIsOutsideTheDataFolderIsNotMade() throws {
        var topology = try Topology.parse(text: TestTopology.text, file: "/t.yaml", data: "/d")
        topology.coder.tokenFile = "/elsewhere/token"
        topology.seal.privateKeyFile = "/elsewhere/key"
        #expect(LocalData(topology).coderToken == nil)
        #expect(LocalData(topology).sealPrivateKey == nil)
        topology.coder.tokenFile = "/d/secrets/coder-token"
        topology.simulators = nil
        #expect(LocalData(topology).coderToken == nil, "a real Coder's token is not ours to make")
    }

    @Test func oneRunAtATime() async throws {
        try await withTemporaryFolder { folder in
            let first = try DataLock(folder: folder)
            let failure = #expect(throws: CommandFailure.self) { _ = try DataLock(folder: folder) }
            #expect(failure?.message.contains("pid \(ProcessInfo.processInfo.processIdentifier)") == true)
            #expect(failure?.message.contains("--data") == true)
            withExtendedLifetime(first) {}
        }
    }

    @Test func theLockEndsWithItsHolder() async throws {
        try await withTemporaryFolder { folder in
            do { _ = try DataLock(folder: folder) }
            _ = try DataLock(folder: folder)
        }
    }
}

@Suite struct PortHolderTests {
    private static let text = """
          sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
           0: 0100007F:1F40 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 1541 1 0000000000000000 100 0 0 10 0
           1: 0100007F:1F40 0100007F:9C4A 01 00000000:00000000 00:00000000 00000000  1000        0 1542 1 0000000000000000 20 4 30 10 -1
           2: 00000000:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1543 1 0000000000000000 100 0 0 10 0
        """

    @Test func parse() {
        #expect(
            ListeningSocket.parse(Self.text) == [
                .init(address: [127, 0, 0, 1], port: 8000, inode: 1541),
                .init(address: [0, 0, 0, 0], port: 8080, inode: 1543),
            ]
        )
        let v6 = """
              sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
               0: 00000000000000000000000001000000:1F40 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1550 1
            """
        #expect(
            ListeningSocket.parse(v6) == [
                .init(address: [UInt8](repeating: 0, count: 15) + [1], port: 8000, inode: 1550)
            ]
        )
    }

    @Test(arguments: [
        ([127, 0, 0, 1] as [UInt8], 8000, [127, 0, 0, 1] as [UInt8], true),
        ([127, 0, 0, 1], 8000, [127, 0, 0, 2], false),
        ([127, 0, 0, 1], 8001, [127, 0, 0, 1], false), ([0, 0, 0, 0], 8000, [10, 0, 0, 1], true),
        ([127, 0, 0, 1], 8000, [0, 0, 0, 0], true),
        ([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 127, 0, 0, 1], 8000, [127, 0, 0, 1], true),
    ])
    func blocks(address: [UInt8], port: Int, other: [UInt8], expected: Bool) {
        #expect(ListeningSocket(address: address, port: port, inode: 1).blocks(other, port: 8000) == expected)
    }

    @Test func theHolderOfARealPortIsFound() throws {
        let server = try ScriptedServer { _, _ in .cut }
        let port = try #require(Int(server.url.split(separator: ":").last ?? ""))
        let listen = ListenAddress(host: "127.0.0.1", port: port)
        let holder = try #require(PortHolder.of(listen))
        #expect(holder.pid == ProcessInfo.processInfo.processIdentifier)
        #expect(!holder.command.isEmpty)
        let listener = LaunchPlan.Listener(what: "intake", address: listen, remedy: "--listen HOST:PORT")
        #expect(UpText.taken([(listener, holder)]).contains("pid \(holder.pid ?? 0)"))
        #expect(UpText.taken([(listener, holder)]).contains("--listen HOST:PORT"))
        server.close()
    }

    /// The kernel's table comes in pieces of some thirty lines.
    @Test func itIsFoundAmongMany() throws {
        let servers = try (0..<100).map { _ in try ScriptedServer { _, _ in .cut } }
        for server in servers {
            let port = try #require(Int(server.url.split(separator: ":").last ?? ""))
            let holder = PortHolder.of(ListenAddress(host: "127.0.0.1", port: port))
            #expect(holder?.pid == ProcessInfo.processInfo.processIdentifier)
        }
        for server in servers { server.close() }
    }

    @Test func aFreePortIsFree() throws {
        let listen = FreePort.settle(ListenAddress(host: "127.0.0.1", port: 0))
        #expect(listen.port > 0)
        #expect(PortHolder.of(listen) == nil)
        let other = FreePort.settle(ListenAddress(host: "127.0.0.1", port: 8000))
        #expect(other.port == 8000)
    }
}
