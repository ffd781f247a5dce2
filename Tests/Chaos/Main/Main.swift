import ArgumentParser
import ChaosKit

@main
enum Main {
    static func main() async {
        await ChaosCommand.main()
    }
}
