import Foundation

/// A disk that keeps what was synced, and of the rest whatever it likes.
///
/// Stricter than any file system that we know of: a file's name is kept only when its folder was synced, writes that
/// were not synced are kept in any choice, and each of them may be torn between any two sectors.
struct SimulatedDisk {
    private enum Step {
        case write(place: Int, bytes: Data)
        case truncate(Int)
    }

    private struct File {
        var kept = Data()
        var pending: [Step] = []
    }

    private enum Entry {
        case add(String, UInt32)
        case remove(String)
    }

    private static let sector = 512

    private var files: [UInt32: File] = [:]
    private var names: [String: UInt32] = [:]
    private var pendingNames: [Entry] = []
    /// Of each sync that has begun: how much of what was pending then it will have kept.
    private var syncs: [UInt64: (file: UInt32, covered: Int)] = [:]

    mutating func apply(_ event: DiskEvent) {
        switch event {
        case .open(let file, let name, let made):
            if made { pendingNames.append(.add(name, file)) }
        case .write(let file, let place, let bytes):
            files[file, default: File()].pending.append(.write(place: place, bytes: bytes))
        case .truncate(let file, let length): files[file, default: File()].pending.append(.truncate(length))
        case .syncBegin(let file, let number):
            let covered = file == DiskEvent.folder ? pendingNames.count : files[file]?.pending.count ?? 0
            syncs[number] = (file, covered)
        case .syncEnd(let file, let number):
            guard let covered = syncs.removeValue(forKey: number)?.covered else { return }
            if file == DiskEvent.folder {
                for entry in pendingNames.prefix(covered) { Self.apply(entry, &names) }
                pendingNames.removeFirst(covered)
            } else if var content = files.removeValue(forKey: file) {
                for step in content.pending.prefix(covered) { Self.apply(step, &content.kept) }
                content.pending.removeFirst(covered)
                files[file] = content
            }
            for (other, sync) in syncs where sync.file == file {
                syncs[other]?.covered = max(0, sync.covered - covered)
            }
        case .unlink(_, let name): pendingNames.append(.remove(name))
        }
    }

    /// The files when only what was synced is there.
    var synced: [String: Data] { names.mapValues { files[$0]?.kept ?? Data() } }

    /// The files when some of what was not synced is there too.
    func torn(by generator: inout some RandomNumberGenerator) -> [String: Data] {
        // Now almost all of it, now almost nothing.
        let share = Double.random(in: 0...1, using: &generator)
        func isKept(_ generator: inout some RandomNumberGenerator) -> Bool {
            Double.random(in: 0..<1, using: &generator) < share
        }
        var names = names
        for entry in pendingNames where isKept(&generator) { Self.apply(entry, &names) }
        var image: [String: Data] = [:]
        // In an order of its own, so that a seed makes the same choice in every run.
        for (name, file) in names.sorted(by: { $0.key < $1.key }) {
            var content = files[file]?.kept ?? Data()
            for step in files[file]?.pending ?? [] {
                guard case .write(let place, let bytes) = step, Bool.random(using: &generator) else {
                    if isKept(&generator) { Self.apply(step, &content) }
                    continue
                }
                var offset = 0
                while offset < bytes.count {
                    let end = min(bytes.count, offset + Self.sector - (place + offset) % Self.sector)
                    if isKept(&generator) {
                        let part = Data(bytes.dropFirst(offset).prefix(end - offset))
                        Self.apply(.write(place: place + offset, bytes: part), &content)
                    }
                    offset = end
                }
            }
            image[name] = content
        }
        return image
    }

    private static func apply(_ entry: Entry, _ names: inout [String: UInt32]) {
        switch entry {
        case .add(let name, let file): names[name] = file
        case .remove(let name): names[name] = nil
        }
    }

    private static func apply(_ step: Step, _ content: inout Data) {
        switch step {
        case .truncate(let length):
            if length < content.count { content = Data(content.prefix(length)) } else { grow(&content, to: length) }
        case .write(let place, let bytes):
            grow(&content, to: place + bytes.count)
            content.replaceSubrange(place..<place + bytes.count, with: bytes)
        }
    }

    /// What was never written between two writes is zeros.
    private static func grow(_ content: inout Data, to length: Int) {
        if content.count < length { content.append(Data(count: length - content.count)) }
    }
}
