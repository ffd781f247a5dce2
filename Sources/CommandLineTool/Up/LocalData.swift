import Foundation
import Secrets
import Topology

/// Makes what a run needs under the data folder: folders, tokens, keys.
///
/// What is there already is left as it is.
struct LocalData: Hashable, Sendable {
    /// For this user only.
    var folders: [String]
    /// Where the simulator of Coder and its callers find the session token.
    var coderToken: String?
    /// Where the simulator of the incident system and its callers find the key.
    var incidentKey: String?
    /// Where callers of intake find the token that they must show.
    var intakeToken: String?
    var sealPublicKey: String?
    var sealPrivateKey: String?
    /// The keys of the sockets.
    var curve: KeyFolder?
    /// Who has one.
    var curveNames: [String]

    /// What a topology needs.
    ///
    /// Files outside the data folder are somebody else's, and never made.
    init(_ topology: Topology) {
        let data = topology.data
        func own(_ path: String?) -> String? { path.flatMap { $0.hasPrefix(data + "/") ? $0 : nil } }
        coderToken = topology.simulators?.coder == nil ? nil : own(topology.coder.tokenFile)
        incidentKey = topology.simulators?.incident == nil ? nil : own(topology.incidentAPI.keyFile)
        intakeToken = own(topology.intake.tokenFile)
        sealPublicKey = own(topology.seal.publicKeyFile)
        sealPrivateKey = own(topology.seal.privateKeyFile)
        curve = own(topology.curve?.keys) == nil || own(topology.curve?.admittedFile) == nil ? nil : KeyFolder(topology)
        curveNames = KeyFolder.names(topology)
        var sockets: [String] = []
        for address in [topology.intake.answers, topology.metrics.samples] + topology.stages.map(\.deliveries) {
            if case .ipc(let path) = address { sockets.append(path) }
        }
        let files = [
            coderToken, incidentKey, intakeToken, sealPublicKey, sealPrivateKey, own(topology.intake.database),
        ]
        let parents = (files.compactMap { $0 } + sockets.compactMap(own)).map {
            ($0 as NSString).deletingLastPathComponent
        }
        folders =
            [data] + Set(parents + ["\(data)/logs", "\(data)/secrets", "\(data)/sockets"]).subtracting([data]).sorted()
    }

    /// Makes all of it.
    func make() throws(CommandFailure) {
        for folder in folders { try Self.makeFolder(folder) }
        do throws(SecretError) {
            if let coderToken { try WholeFile.make(coderToken, "\(Self.random(10))-\(Self.random(22))\n") }
            if let incidentKey { try WholeFile.make(incidentKey, "\(Self.random(40))\n") }
            if let intakeToken { try WholeFile.make(intakeToken, "\(Self.random(40))\n") }
        } catch {
            throw CommandFailure(error.what)
        }
        try makeKeys()
        _ = try curve?.make(curveNames)
    }

    /// The private key is made first and the public one follows from it, so that they always belong together.
    private func makeKeys() throws(CommandFailure) {
        guard let sealPrivateKey, let sealPublicKey else { return }
        let hasPrivate = FileManager.default.fileExists(atPath: sealPrivateKey)
        if !hasPrivate, FileManager.default.fileExists(atPath: sealPublicKey) {
            throw CommandFailure(
                "\(sealPublicKey) is there and its private key \(sealPrivateKey) is not: put that back, or remove the public"
                    + " key so that a new pair is made (tokens sealed with the old one are lost)",
                code: CommandFailure.wrongConfiguration
            )
        }
        do throws(SecretError) {
            if !hasPrivate { try WholeFile.make(sealPrivateKey, "\(TokenSeal.PrivateKey().base64)\n") }
            let key = try TokenSeal.PrivateKey(base64: try SecretFile(path: sealPrivateKey).read())
            try WholeFile.make(sealPublicKey, "\(key.publicKey.base64)\n")
        } catch {
            throw CommandFailure("\(sealPrivateKey): \(error.what)", code: CommandFailure.wrongConfiguration)
        }
    }

    static func makeFolder(_ path: String) throws(CommandFailure) {
        do {
            try FileManager.default.createDirectory(
                atPath: path,
                withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700]
            )
        } catch {
            throw CommandFailure(
                "the folder \(path) cannot be made: \(error.localizedDescription); give another with --data DIR"
            )
        }
    }

    /// Letters and digits from the system's generator of random numbers.
    private static func random(_ count: Int) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")
        var generator = SystemRandomNumberGenerator()
        return String((0..<count).map { _ in alphabet[Int.random(in: 0..<alphabet.count, using: &generator)] })
    }
}
