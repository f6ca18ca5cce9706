FROM mcr.microsoft.com/dotnet/sdk:7.0 AS build
WORKDIR /src
COPY <<EOF Job.csproj
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup><OutputType>Exe</OutputType></PropertyGroup>
</Project>
EOF
RUN dotnet publish -c Release -o /app
FROM mcr.microsoft.com/dotnet/aspnet:7.0
WORKDIR /app
COPY --from=build /app .
ENTRYPOINT ["dotnet", "Job.dll"]
