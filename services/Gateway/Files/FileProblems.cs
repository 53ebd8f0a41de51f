namespace QwenMesh.Gateway.Files;

/// <summary>Why a file is not served or taken (RFC 9457).</summary>
internal static class FileProblems
{
    public static IResult Unknown() => Results.Problem("there is no such file: the address was cut or changed", statusCode: StatusCodes.Status404NotFound);

    public static IResult Expired() => Results.Problem("the address of the file has expired", statusCode: StatusCodes.Status404NotFound);

    public static IResult Gone() => Results.Problem("the file is no longer kept", statusCode: StatusCodes.Status404NotFound);

    public static IResult StoreFailed() => Results.Problem("the store of files cannot be reached; try again later", statusCode: StatusCodes.Status503ServiceUnavailable);

    public static IResult Refused(string detail) => Results.Problem(detail, statusCode: StatusCodes.Status400BadRequest);

    public static IResult TooLarge(long limit) => Results.Problem($"a file may have at most {limit} bytes", statusCode: StatusCodes.Status413PayloadTooLarge);

    public static IResult TooSlow() => Results.Problem("the file did not arrive in time", statusCode: StatusCodes.Status408RequestTimeout);

    public static IResult Busy() => Results.Problem("too many files are being uploaded; try again later", statusCode: StatusCodes.Status503ServiceUnavailable);

    public static IResult Taken() => Results.Problem("another file was uploaded to this address before", statusCode: StatusCodes.Status409Conflict);
}
