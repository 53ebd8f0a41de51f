using Google.Protobuf.Reflection;

namespace Grpc.Reflection;

/// <summary>Files, symbols and extensions of a set of protobuf files and all that they depend on.</summary>
public class SymbolRegistry
{
    private readonly Dictionary<string, FileDescriptor> _files = new(StringComparer.Ordinal);
    private readonly Dictionary<string, FileDescriptor> _symbols = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Type, int Number), FileDescriptor> _extensions = [];

    private SymbolRegistry()
    {
    }

    /// <summary>A registry of the files and their dependencies.</summary>
    public static SymbolRegistry FromFiles(IEnumerable<FileDescriptor> fileDescriptors)
    {
        ArgumentNullException.ThrowIfNull(fileDescriptors);
        var registry = new SymbolRegistry();
        foreach (var file in fileDescriptors)
        {
            registry.Add(file);
        }

        return registry;
    }

    /// <summary>The file of a name, or null.</summary>
    public FileDescriptor? FileByName(string filename) => _files.GetValueOrDefault(filename);

    /// <summary>The file that declares a full name, or null.</summary>
    public FileDescriptor? FileContainingSymbol(string symbol) => _symbols.GetValueOrDefault(symbol);

    /// <summary>The file that declares an extension, or null.</summary>
    internal FileDescriptor? FileContainingExtension(string type, int number) => _extensions.GetValueOrDefault((type, number));

    /// <summary>The numbers of the extensions of a message, in order; null when the message is not known.</summary>
    internal IReadOnlyList<int>? ExtensionNumbers(string type) => _symbols.ContainsKey(type)
        ? [.. _extensions.Keys.Where(key => key.Type == type).Select(key => key.Number).Order()]
        : null;

    private void Add(FileDescriptor file)
    {
        if (!_files.TryAdd(file.Name, file))
        {
            return;
        }

        foreach (var dependency in file.Dependencies)
        {
            Add(dependency);
        }

        foreach (var service in file.Services)
        {
            Name(service, file);
            Name(service.Methods, file);
        }

        foreach (var message in file.MessageTypes)
        {
            AddMessage(message, file);
        }

        AddEnums(file.EnumTypes, file);
        AddExtensions(file.Extensions, file);
    }

    private void AddMessage(MessageDescriptor message, FileDescriptor file)
    {
        Name(message, file);
        Name(message.Fields.InDeclarationOrder(), file);
        Name(message.Oneofs, file);
        AddEnums(message.EnumTypes, file);
        AddExtensions(message.Extensions, file);
        foreach (var nested in message.NestedTypes)
        {
            AddMessage(nested, file);
        }
    }

    private void AddEnums(IEnumerable<EnumDescriptor> enums, FileDescriptor file)
    {
        foreach (var type in enums)
        {
            Name(type, file);
            Name(type.Values, file);
        }
    }

    private void AddExtensions(ExtensionCollection extensions, FileDescriptor file)
    {
        foreach (var extension in extensions.UnorderedExtensions)
        {
            Name(extension, file);
            _extensions[(extension.ExtendeeType.FullName, extension.FieldNumber)] = file;
        }
    }

    private void Name(IEnumerable<IDescriptor> descriptors, FileDescriptor file)
    {
        foreach (var descriptor in descriptors)
        {
            Name(descriptor, file);
        }
    }

    private void Name(IDescriptor descriptor, FileDescriptor file) => _symbols[descriptor.FullName] = file;
}
