import SimulatorKit

extension IncidentRecord {
    /// Written as `GET` and `PATCH /api/incidents/{id}`.
    var json: JSON {
        [
            "id": .string(id), "status": .string(status), "notes": .string(notes), "updated_by": .nullable(updatedBy),
            "comment_count": .integer(comments.count), "created_at": .string(createdAt.description),
            "updated_at": .string(updatedAt.description),
        ]
    }

    /// Written as `GET /api/incidents/{id}/comments`.
    var commentsJSON: JSON {
        ["comments": .array(comments.map { $0.json(incident: id) }), "count": .integer(comments.count)]
    }
}

extension IncidentRecord.Comment {
    /// Written as `POST /api/incidents/{id}/comments`.
    func json(incident: String) -> JSON {
        [
            "id": .string(id), "incident_id": .string(incident), "body": .string(body), "author": .string(author),
            "created_at": .string(createdAt.description),
        ]
    }
}

extension IncidentBook {
    /// What happened, in all and for each incident.
    var effectsJSON: (total: JSON, incidents: JSON) {
        var comments = 0
        var patches: [String: Int] = [:]
        var members: [(name: String, value: JSON)] = []
        for (id, record) in incidents.sorted(by: { $0.key < $1.key }) {
            comments += record.comments.count
            patches.merge(record.patches, uniquingKeysWith: +)
            members.append((id, Self.json(comments: record.comments.count, patches: record.patches)))
        }
        return (Self.json(comments: comments, patches: patches), .object(members))
    }

    private static func json(comments: Int, patches: [String: Int]) -> JSON {
        [
            "comments": .integer(comments), "patches": .integer(patches.values.reduce(0, +)),
            "patches_by_status": .object(
                patches.sorted { $0.key < $1.key }.map { (name: $0.key, value: .integer($0.value)) }
            ),
        ]
    }
}
