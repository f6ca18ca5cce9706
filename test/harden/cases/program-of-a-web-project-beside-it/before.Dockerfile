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
ENTRYPOINT ["dotnet", "Host.dll"]
