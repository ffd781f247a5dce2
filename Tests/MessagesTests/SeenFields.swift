import Messages

/// Which fields that may be empty were seen with something in them, found by reflection, so that no list of fields has to be
/// kept.
struct SeenFields {
    private var all: Set<String> = []
    private var filled: Set<String> = []

    /// Optional fields that were always nil and collections that were always empty.
    var neverFilled: [String] { all.subtracting(filled).sorted() }
    var count: Int { all.count }

    /// Looks at a value and everything in it.
    mutating func look(at value: Any, in place: String = "") {
        // What another type's content is made of is looked at where it is that type.
        guard !(value is JSONValue) else { return }
        let mirror = Mirror(reflecting: value)
        switch mirror.displayStyle {
        case .optional: note(mirror, place)
        case .collection, .dictionary, .set: note(mirror, "\(place)[]")
        default:
            for child in mirror.children {
                look(at: child.value, in: "\(String(reflecting: type(of: value))).\(child.label ?? "")")
            }
        }
    }

    private mutating func note(_ mirror: Mirror, _ place: String) {
        all.insert(place)
        if !mirror.children.isEmpty { filled.insert(place) }
        for child in mirror.children { look(at: child.value, in: place) }
    }
}
