import Glibc

/// Files of a crashed process's memory, which would hold its secrets in the clear.
public enum CoreDumps {
    /// Forbids them for this process and for those that it starts.
    ///
    /// What crashed is still told by Swift's own report on standard error. That shows the memory that registers point to
    /// unless the environment that the process is started with says `SWIFT_BACKTRACE=registers=none`
    /// (`docs/Backtracing.rst` of Swift), as `mendline up` sees to.
    public static func forbid() {
        var none = rlimit(rlim_cur: 0, rlim_max: 0)
        // It can only fail for a limit that is above its present one. RLIMIT_CORE is an enumeration in Glibc's header and
        // a number in its functions.
        setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
    }
}
