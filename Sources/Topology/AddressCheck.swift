/// Finds addresses that two things of one topology would listen on.
struct AddressCheck {
    private enum Key: Hashable {
        case path(String)
        case port(Int)
    }

    private struct Use {
        var host: String
        var name: String
        /// Nil for a default, which stands nowhere.
        var mark: Mark?
    }

    private var uses: [(key: Key, use: Use)] = []

    mutating func add(_ address: ListenAddress, _ name: String, _ mark: Mark?) {
        // Port 0 is another port each time.
        guard address.port > 0 else { return }
        uses.append((.port(address.port), Use(host: address.host, name: name, mark: mark)))
    }

    mutating func add(_ address: SocketAddress, _ name: String, _ mark: Mark?) {
        switch address {
        case .ipc(let path): uses.append((.path(path), Use(host: "", name: name, mark: mark)))
        case .tcp(let address): add(address, name, mark)
        }
    }

    func report(_ problems: ProblemList) {
        var seen: [Key: [Use]] = [:]
        for (key, use) in uses {
            if let other = seen[key]?.first(where: { overlap($0.host, use.host) }) {
                let what =
                    switch key {
                    case .path(let path): "the socket \(path)"
                    case .port(let port): "port \(port)"
                    }
                let place = other.mark.map { use.mark == nil ? "" : " (line \($0.line))" } ?? " (by default)"
                problems.error(
                    use.mark ?? other.mark ?? .start,
                    "`\(use.name)`\(use.mark == nil ? " (by default)" : "") and `\(other.name)`\(place) both use \(what)",
                    remedy: "give each its own"
                )
            }
            seen[key, default: []].append(use)
        }
    }

    private func overlap(_ a: String, _ b: String) -> Bool {
        func same(_ host: String) -> String { host == "localhost" ? "127.0.0.1" : host }
        return same(a) == same(b) || HostText.isAny(a) || HostText.isAny(b)
    }
}
