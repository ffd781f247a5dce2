public import ArgumentParser

/// The flags of every process that say how its sockets are protected.
///
/// Keys are given as files, never as words of a command line, which everybody on the machine can read.
public struct CurveOptions: ParsableArguments {
    /// What `--help` says of where settings come from.
    public static let discussion = """
        The sockets are encrypted where there are keys, files of the folder that curve.keys of the topology file names:

          flag                     environment            file of curve.keys
          --curve-key-file         CURVE_KEY_FILE         PROGRAM.secret
          --curve-intake-key-file  CURVE_INTAKE_KEY_FILE  intake.public
          --curve-sink-key-file    CURVE_SINK_KEY_FILE    metrics-sink.public
          --insecure-plain-tcp     INSECURE_PLAIN_TCP=1

        `mendline keys new` makes the keys. They are read at the start: start the process again after a change, and \
        after its key was refused, since a connection that was turned away does not try again.
        """

    /// The file of this process's secret key.
    @Option(help: ArgumentHelp("A file with the secret CURVE key of this process.", valueName: "file"))
    public var curveKeyFile: String?
    /// The file of intake's public key.
    @Option(help: ArgumentHelp("A file with the public CURVE key of intake.", valueName: "file"))
    public var curveIntakeKeyFile: String?
    /// The file of the metrics-sink's public key.
    @Option(help: ArgumentHelp("A file with the public CURVE key of the metrics-sink.", valueName: "file"))
    public var curveSinkKeyFile: String?
    /// Whether sockets may leave the machine without keys.
    @Flag(
        help: """
            DANGEROUS: without keys, use sockets beyond this machine all the same. Whoever reaches them can read \
            incidents and settle deliveries.
            """
    )
    public var insecurePlainTCP = false

    /// Options that say nothing.
    public init() {}
}

/// The flags of a process that others connect to.
public struct DoorOptions: ParsableArguments {
    /// What `--help` says of where the setting comes from.
    public static let discussion = """
          flag                   environment          topology file
          --curve-admitted-file  CURVE_ADMITTED_FILE  curve.admitted_file

        Only the public keys of that file are let in, each for the stages that stand before it: NAME[,NAME…] KEY. It is \
        read anew when it changes. A key taken out is let in no more and its messages are refused from then on; a \
        connection by which it takes deliveries ends when this process does.
        """

    /// The file of the keys that are let in.
    @Option(help: ArgumentHelp("A file with the public CURVE keys that are let in.", valueName: "file"))
    public var curveAdmittedFile: String?

    /// Options that say nothing.
    public init() {}

    /// The file by flag, environment or topology file; nil where nobody says.
    public func admittedFile(environment: [String: String], topology: String?) -> String? {
        Settings(
            flags: ["curve.admitted.file": curveAdmittedFile],
            environment: environment,
            topology: ["curve.admitted.file": topology]
        ).text("curve.admitted.file")
    }
}
