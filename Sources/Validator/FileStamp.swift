import Foundation

/// By what a changed file is known: where it really is, and when and what was written.
struct FileStamp: Equatable {
    private var path: String
    private var modified: Date?
    private var size: Int?
    private var inode: Int?

    /// The stamp of the file as it is now; the same for every file that cannot be looked at.
    ///
    /// Links are followed: Kubernetes replaces a mounted file by turning a link to its folder.
    init(path: String) {
        self.path = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
        guard let attributes = try? FileManager.default.attributesOfItem(atPath: self.path) else { return }
        modified = attributes[.modificationDate] as? Date
        size = (attributes[.size] as? NSNumber)?.intValue
        inode = (attributes[.systemFileNumber] as? NSNumber)?.intValue
    }
}
