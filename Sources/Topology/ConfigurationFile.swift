import Foundation

/// Reads configuration files within bounds.
enum ConfigurationFile {
    /// A larger file is not a configuration.
    static let mostBytes = 1 << 20

    /// The text of a file.
    ///
    /// - Throws: ``ConfigurationProblems`` where it cannot be read, is larger than 1 MiB, or is not UTF-8.
    static func read(_ path: String) throws(ConfigurationProblems) -> String {
        func refuse(_ line: Int, _ message: String, _ remedy: String) -> ConfigurationProblems {
            ConfigurationProblems([
                ConfigurationProblem(
                    file: path,
                    line: line,
                    column: line > 0 ? 1 : 0,
                    message: message,
                    remedy: remedy
                )
            ])
        }
        var data = Data()
        do {
            // A folder can be opened but not read; a FIFO would wait for a writer for ever.
            let attributes = try FileManager.default.attributesOfItem(
                atPath: URL(fileURLWithPath: path).resolvingSymlinksInPath().path
            )
            guard attributes[.type] as? FileAttributeType == .typeRegular else {
                throw refuse(0, "not a file", "name a YAML file")
            }
            let handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
            defer { try? handle.close() }
            while data.count <= mostBytes, let chunk = try handle.read(upToCount: mostBytes + 1 - data.count),
                !chunk.isEmpty
            {
                data.append(chunk)
            }
        } catch let problems as ConfigurationProblems {
            throw problems
        } catch {
            throw refuse(0, "cannot be read (\(reason(error)))", "check the path and who may read it")
        }
        guard data.count <= mostBytes else {
            throw refuse(0, "larger than 1 MiB", "name a configuration file, or split it")
        }
        guard let text = String(validating: data, as: UTF8.self) else {
            // The longest prefix that is whole lines of UTF-8 ends before the bad line.
            let lines = data.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            let bad = lines.firstIndex { String(validating: $0, as: UTF8.self) == nil } ?? 0
            throw refuse(bad + 1, "not UTF-8", "save the file as UTF-8")
        }
        return text
    }

    private static func reason(_ error: any Error) -> String {
        switch (error as? CocoaError)?.code {
        case .fileNoSuchFile?, .fileReadNoSuchFile?: "there is no such file"
        case .fileReadNoPermission?: "permission denied"
        default: error.localizedDescription
        }
    }

    /// The path with the working folder before it where it is relative, and without `.` and `..` steps.
    static func absolute(_ path: String) -> String {
        PathText.normal(path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path)
    }
}
