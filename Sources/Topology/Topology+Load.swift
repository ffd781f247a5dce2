extension Topology {
    /// Reads and checks a topology file.
    ///
    /// - Parameters:
    ///   - path: the file; at most 1 MiB of UTF-8.
    ///   - data: the folder that `{data}` stands for; it need not exist.
    /// - Returns: the topology, with its warnings.
    /// - Throws: ``ConfigurationProblems`` with everything that is wrong.
    public static func load(path: String, data: String) throws(ConfigurationProblems) -> Topology {
        let text = try ConfigurationFile.read(path)
        return try parse(
            text: text,
            file: path,
            folder: PathText.folder(of: ConfigurationFile.absolute(path)),
            data: ConfigurationFile.absolute(data)
        )
    }

    /// Checks the text of a topology file; looks at no other file.
    ///
    /// - Parameters:
    ///   - text: the YAML.
    ///   - file: its name for messages; relative paths in the text are relative to its folder.
    ///   - data: the folder that `{data}` stands for; give an absolute path.
    /// - Returns: the topology, with its warnings.
    /// - Throws: ``ConfigurationProblems`` with everything that is wrong.
    public static func parse(text: String, file: String, data: String) throws(ConfigurationProblems) -> Topology {
        try parse(text: text, file: file, folder: PathText.folder(of: file), data: data)
    }

    private static func parse(
        text: String,
        file: String,
        folder: String,
        data: String
    ) throws(ConfigurationProblems) -> Topology {
        let problems = ProblemList(file: file)
        var topology: Topology?
        if let root = YAMLValue.parse(text, problems),
            let section = Section(root, path: "", known: TopologyReader.keys, problems)
        {
            var reader = TopologyReader(paths: PathResolver(folder: folder, data: data), problems: problems)
            topology = reader.read(section, file: file)
            reader.finish()
        }
        let warnings = try problems.warningsOrThrow()
        guard var topology else {
            // Nothing was read, so a problem was added and thrown above; this says so to the compiler.
            throw ConfigurationProblems(warnings)
        }
        topology.warnings = warnings
        return topology
    }
}
