using System.Globalization;
using QwenMesh.Wire.Bench;

// `server` prints its two ports and serves until its input closes; `client GRPC-PORT RAW-PORT` measures; without a mode both run, in two processes.
var mode = args.Length > 0 ? args[0] : "run";
switch (mode)
{
    case "server":
        await TransferServer.RunAsync();
        return 0;
    case "client" when args.Length >= 3:
        await Measurement.RunAsync(Port(args[1]), Port(args[2]), Rounds(args, 3));
        return 0;
    case "run":
        await TwoProcesses.RunAsync(Rounds(args, 1));
        return 0;
    default:
        await Console.Error.WriteLineAsync("usage: Wire.Bench [run [ROUNDS] | server | client GRPC-PORT RAW-PORT [ROUNDS]]");
        return 2;
}

static int Port(string text) => int.Parse(text, CultureInfo.InvariantCulture);

static int Rounds(string[] args, int index) => args.Length > index ? int.Parse(args[index], CultureInfo.InvariantCulture) : 15;
