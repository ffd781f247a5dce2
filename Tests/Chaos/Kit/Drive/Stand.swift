import Foundation
import Secrets
import TestSupport

/// The folder of a run: configuration, secrets, sockets, logs, and the ledger on a file system of its own where that
/// may be mounted.
struct Stand: Sendable {
    /// A short path: the sockets below it have at most 107 bytes.
    let folder: String
    /// Whether the ledger's folder is a small tmpfs.
    let hasOwnDisk: Bool
    /// Nil where libfaketime is not installed, or would leave its traces outside of the run.
    let clocks: Clocks?

    private let nursery = Nursery()

    var data: String { folder + "/var" }
    var disk: String { data + "/ledger" }
    var logs: String { folder + "/logs" }
    var topology: String { folder + "/topology.yaml" }

    static let coderToken = "abcdefghij-0123456789ABCDEFGHIJKL"
    static let incidentKey = "0123456789abcdef0123456789abcdef"

    /// Makes it.
    ///
    /// - Parameters:
    ///   - parent: the folder that it is made in.
    ///   - mayMount: whether this process is in a mount namespace of its own.
    ///   - megabytes: the size of the ledger's file system.
    /// - Throws: where a folder cannot be made, or a file system not be mounted.
    init(in parent: String, mayMount: Bool, megabytes: Int) async throws {
        folder = "\(parent)/chaos-\(UUID().uuidString.prefix(8))"
        hasOwnDisk = mayMount
        let clockFolder = folder + "/clocks"
        clocks = mayMount ? Clocks(folder: clockFolder) : nil
        for path in [folder, data, disk, logs, data + "/secrets", data + "/sockets", clockFolder] {
            try FileManager.default.createDirectory(
                atPath: path,
                withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700]
            )
        }
        try write(Self.coderToken + "\n", to: data + "/secrets/coder-token")
        try write(Self.incidentKey + "\n", to: data + "/secrets/incident-api-key")
        let key = TokenSeal.PrivateKey()
        try write(key.base64 + "\n", to: data + "/secrets/seal-private-key")
        try write(key.publicKey.base64 + "\n", to: data + "/secrets/seal-public-key")
        for member in Cast.members { try clocks?.shift(member, by: 0) }
        if mayMount {
            try await mount(["-t", "tmpfs", "-o", "size=\(megabytes)m,mode=700", "none", disk])
            // libfaketime keeps a file for each process here, which outlives a SIGKILL.
            try await mount(["-t", "tmpfs", "-o", "mode=1777", "none", "/dev/shm"])
        }
    }

    func write(_ text: String, to path: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
    }

    /// Takes all away, the file system first.
    func remove() async {
        if hasOwnDisk { _ = try? await Program.run(path: "/usr/bin/umount", ["--lazy", disk]) }
        try? FileManager.default.removeItem(atPath: folder)
    }

    // MARK: - Processes

    /// Starts a member, so that its wall clock can be shifted.
    func start(member: String, _ arguments: [String], output: String) throws -> Program {
        let path = try Program.path(of: Cast.program(of: member))
        return try nursery.start((clocks?.prefix(for: member) ?? []) + [path] + arguments, output: output)
    }

    /// Starts what is around Mendline.
    func start(_ program: String, _ arguments: [String], output: String) throws -> Program {
        let path = try Program.path(of: program)
        return try nursery.start([path] + arguments, output: output)
    }

    // MARK: - Disk

    /// Takes all the room that there is.
    ///
    /// - Throws: `TestFailure` where there is still some.
    func fill() async throws {
        // It ends with an error, that there is no space left: that is what it is for.
        let (end, output) = try await Program.run(
            path: "/usr/bin/dd",
            ["if=/dev/zero", "of=\(disk)/fill", "bs=64k"]
        )
        guard output.contains("No space left") else {
            try? free()
            throw TestFailure("dd has not filled the disk: \(end) \(output)")
        }
    }

    func free() throws { try FileManager.default.removeItem(atPath: "\(disk)/fill") }

    /// The kernel refuses to make read-only what a process has open for writing.
    func setReadOnly(_ isReadOnly: Bool) async throws {
        try await mount(["-o", "remount,\(isReadOnly ? "ro" : "rw")", disk])
    }

    private func mount(_ arguments: [String]) async throws {
        let (end, output) = try await Program.run(path: "/usr/bin/mount", arguments)
        guard end == .exit(0) else {
            throw TestFailure("mount \(arguments.joined(separator: " ")): \(end) \(output)")
        }
    }
}
