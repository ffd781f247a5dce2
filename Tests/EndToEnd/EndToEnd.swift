import Testing

/// The pipeline as users run it: real processes, real sockets, a real ledger.
///
/// One test at a time: each starts up to nine processes.
@Suite(.serialized, .timeLimit(.minutes(4))) enum EndToEnd {}
