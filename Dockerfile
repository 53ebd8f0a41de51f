# The images of the mesh. Targets: encoder, denoiser, vae, gateway, and nano, which is the shipped checkpoint for clusters without a model of their own.
#
#   docker build --target gateway --tag qwenmesh-gateway:0.1.0 .
#   docker build --target denoiser --tag qwenmesh-denoiser:0.1.0-cuda --build-arg TORCH=cuda .
#
# Docker's legacy builder and BuildKit both build it.

ARG SDK=mcr.microsoft.com/dotnet/sdk:10.0
# Debian or Ubuntu with bash; with TORCH one whose C++ library is new enough (docs/operations.md, "GPU nodes").
ARG RUNTIME=mcr.microsoft.com/dotnet/aspnet:10.0

# ---- The programs

FROM ${SDK} AS build
# Empty: the managed CPU engine alone. cpu, cuda: with the Torch engine and its LibTorch.
ARG TORCH=
WORKDIR /source
COPY . .
# A context that has publish/ brings the programs (docker/publish makes them). Then nothing is compiled, and SDK may be any image with a shell.
RUN [ -d publish ] || ./docker/publish publish ${TORCH:+-p:Torch=$TORCH}

# ---- What all services have

FROM ${RUNTIME} AS service
ARG TORCH=
# LibTorch computes with OpenMP.
RUN [ -z "$TORCH" ] || { apt-get update && apt-get install -y --no-install-recommends libgomp1 && rm -rf /var/lib/apt/lists/*; }
COPY docker/healthy /usr/local/bin/healthy
# Nothing is written outside of /tmp, and of /data in the Gateway: the root may be read-only. A new volume on /data takes its owner from here.
RUN mkdir /data && chown 1654:1654 /data
# The base image names a port of its own; the services choose theirs. NVIDIA's container runtime mounts what the variable lists.
ENV ASPNETCORE_HTTP_PORTS= HOME=/tmp XDG_CACHE_HOME=/tmp/cache NVIDIA_DRIVER_CAPABILITIES=compute,utility
USER 1654:1654
WORKDIR /app
STOPSIGNAL SIGTERM
# A released model takes minutes to load; until then the container counts as starting.
HEALTHCHECK --interval=5s --timeout=5s --start-period=20m --retries=6 CMD ["bash", "/usr/local/bin/healthy"]

# ---- The services

FROM service AS encoder
ENV Stage__BindAddress=0.0.0.0 Stage__GrpcPort=7001 Stage__HttpPort=7101
EXPOSE 7001 7101
COPY --from=build /source/publish/encoder .
ENTRYPOINT ["dotnet", "QwenMesh.Encoder.dll"]

FROM service AS denoiser
ENV Stage__BindAddress=0.0.0.0 Stage__GrpcPort=7002 Stage__HttpPort=7102
EXPOSE 7002 7102
COPY --from=build /source/publish/denoiser .
ENTRYPOINT ["dotnet", "QwenMesh.Denoiser.dll"]

FROM service AS vae
ENV Stage__BindAddress=0.0.0.0 Stage__GrpcPort=7003 Stage__HttpPort=7103
EXPOSE 7003 7103
COPY --from=build /source/publish/vae .
ENTRYPOINT ["dotnet", "QwenMesh.Vae.dll"]

# It does not start without API keys, or Access__AllowAnonymous.
FROM service AS gateway
ENV Gateway__BindAddress=0.0.0.0 Gateway__HttpPort=8080 Gateway__GrpcPort=8081 Jobs__Folder=/data
EXPOSE 8080 8081
VOLUME /data
COPY --from=build /source/publish/gateway .
ENTRYPOINT ["dotnet", "QwenMesh.Gateway.dll"]

# ---- The shipped checkpoint, to be copied into a volume

FROM ${RUNTIME} AS nano
COPY models/qwen-image-nano /models/qwen-image-nano
USER 1654:1654
CMD ["ls", "-l", "/models/qwen-image-nano"]
