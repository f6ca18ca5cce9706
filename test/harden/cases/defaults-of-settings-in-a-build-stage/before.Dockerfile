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
CMD ["./app"]
