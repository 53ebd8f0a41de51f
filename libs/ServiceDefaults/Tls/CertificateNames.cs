using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace QwenMesh.ServiceDefaults.Tls;

/// <summary>Names of a certificate's subject alternative name: DNS names and URIs, such as "gateway" and "spiffe://cluster.local/ns/qwenmesh/sa/gateway".</summary>
internal static class CertificateNames
{
    // RFC 5280, 4.2.1.6: GeneralName ::= CHOICE { ... uniformResourceIdentifier [6] IA5String ... }
    private static readonly Asn1Tag Uri = new(TagClass.ContextSpecific, 6);

    /// <summary>None for an extension that cannot be read.</summary>
    public static IReadOnlyList<string> Of(X509Certificate2 certificate)
    {
        try
        {
            return [.. certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().SelectMany(names => names.EnumerateDnsNames().Concat(Uris(names.RawData)))];
        }
        catch (Exception exception) when (exception is CryptographicException or AsnContentException)
        {
            return [];
        }
    }

    private static List<string> Uris(byte[] extension)
    {
        var uris = new List<string>();
        var names = new AsnReader(extension, AsnEncodingRules.DER).ReadSequence();
        while (names.HasData)
        {
            if (names.PeekTag().HasSameClassAndValue(Uri))
            {
                uris.Add(names.ReadCharacterString(UniversalTagNumber.IA5String, Uri));
            }
            else
            {
                names.ReadEncodedValue();
            }
        }
        return uris;
    }
}
