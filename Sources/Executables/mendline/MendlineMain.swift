import CommandLineTool
import Foundation

/// The command line of Mendline.
@main
enum MendlineMain {
    static func main() async {
        let code = await CommandLineTool.run(
            program: CommandLine.arguments.first ?? "mendline",
            arguments: Array(ProcessInfo.processInfo.arguments.dropFirst()),
            environment: ProcessInfo.processInfo.environment
        )
        exit(code)
    }
}
