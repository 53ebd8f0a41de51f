using System.Text;
using Grpc.Core;

namespace Grpc.AspNetCore.Server.Internal;

/// <summary>The status of a call whose handler threw.</summary>
internal static class CallFailure
{
    public static Status ToStatus(Exception exception, bool detailed)
    {
        if (!detailed)
        {
            return new Status(StatusCode.Unknown, "Exception was thrown by handler.", exception);
        }

        var detail = new StringBuilder("Exception was thrown by handler.");
        for (var current = exception; current is not null; current = current.InnerException)
        {
            detail.Append(' ').Append(current.GetType().Name).Append(": ").Append(current.Message);
        }

        return new Status(StatusCode.Unknown, detail.ToString(), exception);
    }
}
