# Pictures are unpacked into the web root, which the program names itself; a signing key is made beside the program.
FROM mcr.microsoft.com/dotnet/aspnet:8.0 AS build
WORKDIR /src
COPY <<EOF Program.cs
builder.WebHost.UseWebRoot("Pics");
identity.AddDeveloperSigningCredential();
EOF
COPY <<EOF Seed.cs
var pictures = env.WebRootPath;
ZipFile.ExtractToDirectory(Path.Combine(env.ContentRootPath, "Setup", "items.zip"), pictures);
EOF
RUN dotnet publish -o /out

FROM mcr.microsoft.com/dotnet/aspnet:8.0
WORKDIR /app
COPY --from=build /out .
# harden-image: write access to /app, /app/Pics
RUN mkdir -p /app/Pics \
 && chown 1654:1654 /app/Pics \
 && chgrp 1654 /app \
 && chmod 1775 /app
# harden-image: app (1654:1654), the account that its vendor runs it as
USER 1654:1654
ENTRYPOINT ["dotnet", "Shop.dll"]
