import ArgumentParser
import CoderSimulator

@main
enum Main {
    static func main() async {
        await CoderSimulatorCommand.main()
    }
}
