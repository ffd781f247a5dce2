/// Paths, URLs and addresses, completed and checked.
extension TopologyReader {
    func optionalPath(_ section: Section, _ key: String) -> String? {
        section.text(key).map { complete($0, section.name(of: key)) }
    }

    func path(_ section: Section?, _ key: String, default pattern: String) -> String {
        // A pattern of our own: its placeholders are known to be right.
        section.flatMap { optionalPath($0, key) } ?? (try? paths.path(pattern)) ?? pattern
    }

    private func complete(_ text: Located<String>, _ name: String) -> String {
        do {
            return try paths.path(text.value)
        } catch {
            switch error {
            case .unknownPlaceholder(let placeholder):
                problems.error(
                    text.mark,
                    "`\(name)` holds `{\(placeholder)}`, which means nothing here",
                    remedy: "only `{data}`, the data folder, may stand in a path"
                )
            case .unclosedPlaceholder:
                problems.error(
                    text.mark,
                    "`\(name)` holds a single brace",
                    remedy: "write `{data}`, or a path without braces"
                )
            }
            return text.value
        }
    }

    func url(_ section: Section, _ key: String) -> String? {
        guard let text = section.text(key) else { return nil }
        guard let address = HTTPAddress(text.value) else {
            problems.error(
                text.mark,
                "`\(section.name(of: key))` is not an address of an HTTP server",
                remedy: "write http://HOST:PORT or https://HOST, without user, query or fragment"
            )
            return nil
        }
        if !address.isSecure, !HostText.isLoopback(address.host) {
            problems.warning(
                text.mark,
                "`\(section.name(of: key))` sends its credentials unencrypted to another machine",
                remedy: "use https"
            )
        }
        return address.text
    }

    /// The `listen` key of a section that may be missing.
    mutating func listen(
        _ section: Section?,
        in parent: Section,
        _ name: String,
        default fallback: ListenAddress
    ) -> ListenAddress {
        guard let section, let text = section.text("listen", most: 300) else {
            // Given but wrong: no clash is looked for with the default.
            if section?.has("listen") != true {
                addresses.add(fallback, "\(parent.name(of: name)).listen", nil)
            }
            return fallback
        }
        guard let address = ListenAddress(text.value) else {
            problems.error(
                text.mark,
                "`\(section.name(of: "listen"))` is not an address to listen on",
                remedy: "write HOST:PORT, such as 127.0.0.1:8000 or [::1]:8000"
            )
            return fallback
        }
        addresses.add(address, section.name(of: "listen"), text.mark)
        return address
    }

    /// A ZeroMQ address of a section that may be missing.
    mutating func socket(
        _ section: Section?,
        in parent: Section,
        _ name: String,
        _ key: String,
        default pattern: String
    ) -> SocketAddress {
        let full = "\(parent.name(of: name)).\(key)"
        guard let section, section.has(key) else {
            return socket(Located(value: pattern, mark: parent.mark(of: name)), full, isDefault: true)
        }
        guard let text = section.text(key, most: 500) else { return .ipc(path: "") }
        return socket(text, full, isDefault: false)
    }

    private mutating func socket(_ text: Located<String>, _ name: String, isDefault: Bool) -> SocketAddress {
        guard let address = socketAddress(text, name) else { return .ipc(path: "") }
        addresses.add(address, name, isDefault ? nil : text.mark)
        return address
    }

    private func socketAddress(_ text: Located<String>, _ name: String) -> SocketAddress? {
        if text.value.hasPrefix("ipc://") {
            let path = text.value.dropFirst("ipc://".count)
            guard !path.isEmpty, !path.hasPrefix("@") else {
                problems.error(
                    text.mark,
                    "`\(name)` names no file",
                    remedy: "write ipc://PATH; an abstract socket (`@`) would be open to every user of the machine"
                )
                return nil
            }
            let complete = complete(Located(value: String(path), mark: text.mark), name)
            guard complete.utf8.count <= SocketAddress.longestPath else {
                problems.error(
                    text.mark,
                    "`\(name)` is a path of \(complete.utf8.count) bytes (\(complete)); a socket's has at most "
                        + "\(SocketAddress.longestPath)",
                    remedy: "use a data folder with a shorter path, or write a tcp:// address"
                )
                return nil
            }
            return .ipc(path: complete)
        }
        guard text.value.hasPrefix("tcp://"), let address = ListenAddress(String(text.value.dropFirst(6))) else {
            problems.error(
                text.mark,
                "`\(name)` is not a ZeroMQ address",
                remedy: "write ipc://PATH or tcp://HOST:PORT"
            )
            return nil
        }
        guard address.port > 0 else {
            problems.error(
                text.mark,
                "`\(name)` has port 0, so the processes that connect cannot know it",
                remedy: "write a port from 1 to 65535"
            )
            return nil
        }
        if !address.isLoopback, !hasCurve {
            problems.warning(
                text.mark,
                "`\(name)` leaves the machine, and its messages would be unencrypted and open to everybody",
                remedy:
                    "add a `curve` section (`mendline keys new` makes the keys); without one the processes start with "
                    + "--insecure-plain-tcp only"
            )
        }
        return .tcp(address)
    }
}
