/// What every binary says of itself.
public enum Mendline {
    /// The version, as `--version` prints it.
    public static let version = "0.1.0"
}
