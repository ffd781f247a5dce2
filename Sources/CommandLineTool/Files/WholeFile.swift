import Foundation
import Glibc
import Secrets

/// Files that are written whole or not at all.
enum WholeFile {
    /// Writes a file for this user only, and never in the place of another.
    static func make(_ path: String, _ text: String) throws(SecretError) {
        guard !FileManager.default.fileExists(atPath: path) else { return }
        // Unlike rename, link never replaces.
        try write(path, text, like: nil) { link($0, path) == 0 || errno == EEXIST }
    }

    /// Writes a file in the place of the one that is there, whose owner, group and mode it takes over.
    ///
    /// Where the path is a link, the file that it leads to is replaced and the link stays. Where nothing is there, the
    /// file is for this user only.
    static func replace(_ path: String, _ text: String) throws(SecretError) {
        guard let resolved = realpath(path, nil) else {
            guard errno == ENOENT else { throw failure(path, errno) }
            var status = stat()
            guard lstat(path, &status) != 0 else {
                throw SecretError(
                    what: "\(path) is a link to a file that is not there: make that file, or remove the link"
                )
            }
            return try write(path, text, like: nil) { link($0, path) == 0 }
        }
        defer { free(resolved) }
        let target = String(cString: resolved)
        var present = stat()
        guard stat(target, &present) == 0 else { throw failure(target, errno) }
        try write(target, text, like: present) { rename($0, target) == 0 }
    }

    private static func write(
        _ path: String,
        _ text: String,
        like present: stat?,
        finish: (String) -> Bool
    ) throws(SecretError) {
        let draft = "\(path).\(getpid())"
        let descriptor = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure(draft, errno) }
        defer {
            close(descriptor)
            unlink(draft)
        }
        if let number = Descriptor.write(Array(text.utf8), to: descriptor) { throw failure(path, number) }
        if let present {
            guard fchown(descriptor, present.st_uid, present.st_gid) == 0 else {
                throw SecretError(
                    what: "the file \(path) must stay that of user \(present.st_uid) and group \(present.st_gid): run "
                        + "this as that user, or as root"
                )
            }
            guard fchmod(descriptor, present.st_mode & 0o7777) == 0 else { throw failure(path, errno) }
        }
        guard fsync(descriptor) == 0, finish(draft) else { throw failure(path, errno) }
    }

    private static func failure(_ path: String, _ number: Int32) -> SecretError {
        SecretError(what: "the file \(path) cannot be written: \(String(cString: strerror(number)))")
    }
}
