import Glibc
import Topology

/// How many files and sockets the system lets this process have open.
enum FileLimit {
    /// Raises it as far as the system allows.
    ///
    /// - Returns: what it is now.
    static func raise() -> Int {
        var limit = rlimit()
        // RLIMIT_NOFILE is an enumeration in Glibc's header and a number in its functions.
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        guard getrlimit(resource, &limit) == 0 else { return 1024 }
        if limit.rlim_cur < limit.rlim_max {
            var raised = limit
            raised.rlim_cur = limit.rlim_max
            if setrlimit(resource, &raised) == 0 { limit = raised }
        }
        return Int(clamping: limit.rlim_cur)
    }
}

extension HTTPBounds {
    /// The bounds that so many open files allow.
    ///
    /// The server stops for good where a connection cannot be accepted for want of a file, so the ledger, the sockets of
    /// the stages and everything else have a share that connections cannot take.
    func fitting(files: Int) -> HTTPBounds {
        var bounds = self
        let reserve = min(512, files / 2)
        bounds.connections = max(1, min(connections, files - reserve - IntakeServer.connectionSlack))
        bounds.requests = max(1, min(requests, bounds.connections - bounds.connections / 4))
        return bounds
    }
}
