import Foundation

/// Where Mendline's binaries are: beside this one, or where --programs says.
struct Programs: Sendable {
    let folder: String

    init(folder: String?) {
        if let folder {
            self.folder = URL(fileURLWithPath: folder).path
        } else {
            let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? "."
            self.folder = (own as NSString).deletingLastPathComponent
        }
    }

    /// The path of a binary; nil where there is none that can be run.
    func path(_ name: String) -> String? {
        let path = "\(folder)/\(name)"
        return FileManager.default.isExecutableFile(atPath: path) ? path : nil
    }
}
