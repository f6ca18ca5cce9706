FROM debian:trixie-slim AS build
WORKDIR /src
COPY <<'EOF' config/config.go
func Get() *Configuration {
	return &Configuration{
		Database:   Database{Dialect: "sqlite3", Connection: "data/main.db"},
		PluginsDir: "data/plugins",
		// OldDir: "storage/old",
		StaticDir:  "public",
		IndexFile:  "index.html",
	}
}
EOF
COPY <<'EOF' config/tags.go
type Config struct {
	UploadDir string `yaml:"upload_dir" default:"./uploads"`
	LogDir    string `yaml:"log_dir" default:"/dev/null"`
}
EOF
COPY <<'EOF' config/config_test.go
var c = Config{DataDir: "cache/x"}
os.MkdirAll("media", 0o755)
EOF
RUN make

FROM debian:trixie-slim
WORKDIR /app
COPY --from=build /src/out ./
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: write access to /app/data, /app/uploads
RUN mkdir -p /app/data /app/uploads \
 && chown 10001:10001 /app/data /app/uploads
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["./app"]
