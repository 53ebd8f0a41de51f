using System.Text;

namespace Grpc.Core;

public sealed partial class Metadata
{
    /// <summary>One key with a text or, for keys ending in <c>-bin</c>, bytes.</summary>
    public class Entry
    {
        private readonly string? _value;
        private readonly byte[]? _valueBytes;

        /// <summary>A binary entry; the key must end in <c>-bin</c>. The bytes are copied.</summary>
        public Entry(string key, byte[] valueBytes)
        {
            Key = NormalizeKey(key);
            ArgumentNullException.ThrowIfNull(valueBytes);
            if (!Key.EndsWith(BinaryHeaderSuffix, StringComparison.Ordinal))
            {
                throw new ArgumentException($"Key for binary valued metadata entry needs to have suffix indicating binary value: '{Key}'.", nameof(key));
            }

            _valueBytes = (byte[])valueBytes.Clone();
        }

        /// <summary>A text entry; the key must not end in <c>-bin</c>.</summary>
        public Entry(string key, string value)
        {
            Key = NormalizeKey(key);
            ArgumentNullException.ThrowIfNull(value);
            if (Key.EndsWith(BinaryHeaderSuffix, StringComparison.Ordinal))
            {
                throw new ArgumentException($"Key for ASCII valued metadata entry cannot have suffix indicating binary value: '{Key}'.", nameof(key));
            }

            _value = value;
        }

        private Entry(string key, string? value, byte[]? valueBytes)
        {
            Key = key;
            _value = value;
            _valueBytes = valueBytes;
        }

        /// <summary>The key in lower case.</summary>
        public string Key { get; }

        /// <summary>True when the entry carries bytes.</summary>
        public bool IsBinary => _value is null;

        /// <summary>The text. Throws <see cref="InvalidOperationException"/> for a binary entry.</summary>
        public string Value => _value ?? throw new InvalidOperationException("Cannot access string value of a binary metadata entry");

        /// <summary>A copy of the bytes, or the ASCII bytes of the text.</summary>
        public byte[] ValueBytes => _valueBytes is null ? Encoding.ASCII.GetBytes(_value!) : (byte[])_valueBytes.Clone();

        /// <summary>The bytes of a binary entry without a copy; only for reading.</summary>
        internal ReadOnlySpan<byte> ValueSpan => _valueBytes;

        /// <inheritdoc />
        public override string ToString() => IsBinary
            ? $"[Entry: key={Key}, valueBytes={Convert.ToHexString(_valueBytes!)}]"
            : $"[Entry: key={Key}, value={_value}]";

        /// <summary>An entry whose lower-case key was checked by the wire and whose bytes nobody else holds.</summary>
        internal static Entry CreateTrusted(string key, byte[] valueBytes) => new(key, null, valueBytes);

        /// <inheritdoc cref="CreateTrusted(string, byte[])" />
        internal static Entry CreateTrusted(string key, string value) => new(key, value, null);

        internal bool HasKey(string key) => string.Equals(Key, key, StringComparison.OrdinalIgnoreCase);

        private static string NormalizeKey(string key)
        {
            ArgumentNullException.ThrowIfNull(key);
            if (key.Length == 0)
            {
                throw new ArgumentException("Metadata entry key cannot be empty.", nameof(key));
            }

            var upper = false;
            foreach (var c in key)
            {
                upper |= char.IsAsciiLetterUpper(c);
                if (!char.IsAsciiLetterOrDigit(c) && c is not ('.' or '_' or '-'))
                {
                    throw new ArgumentException(
                        $"Metadata entry key '{key}' not valid. Keys can only contain lowercase alphanumeric characters, underscores, hyphens and dots.", nameof(key));
                }
            }

            return upper ? key.ToLowerInvariant() : key;
        }
    }
}
