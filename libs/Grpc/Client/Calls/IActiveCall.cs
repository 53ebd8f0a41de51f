namespace Grpc.Net.Client.Calls;

/// <summary>A call in progress, as its channel sees it: disposing cancels it.</summary>
internal interface IActiveCall : IDisposable;
