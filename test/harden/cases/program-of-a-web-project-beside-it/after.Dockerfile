FROM mcr.microsoft.com/dotnet/sdk:7.0 AS build
WORKDIR /src
COPY <<EOF Shop/Shop.csproj
<Project Sdk="Microsoft.NET.Sdk.Web">
</Project>
EOF
COPY <<EOF Host/Host.csproj
<Project Sdk="Microsoft.NET.Sdk">
  <ItemGroup><ProjectReference Include="../Shop/Shop.csproj" /></ItemGroup>
</Project>
EOF
RUN dotnet publish Host -c Release -o /app
FROM mcr.microsoft.com/dotnet/aspnet:7.0
WORKDIR /app
COPY --from=build /app .
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: a port above 1024 needs no capability
ENV ASPNETCORE_URLS=http://+:8080
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
ENTRYPOINT ["dotnet", "Host.dll"]
