import ArgumentParser
import IncidentSimulator

@main
enum Main {
    static func main() async {
        await IncidentSimulatorCommand.main()
    }
}
