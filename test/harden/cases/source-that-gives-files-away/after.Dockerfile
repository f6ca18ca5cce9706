FROM python:3.12 AS gives
WORKDIR /app
COPY <<"PY" settings.py
class Settings:
    HOST_UID = int(environ.get("HOST_UID", False))
PY
COPY <<"PY" server.py
def move(path):
    host_uid = Settings.HOST_UID
    if host_uid:
        os.chown(path, host_uid, -1)

def put(path):
    shutil.chown(path, user=os.environ["FILES_USER"])
PY
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["python", "server.py"]

FROM python:3.12 AS catches
WORKDIR /app
COPY <<"PY" server.py
def move(path):
    try:
        os.chown(path, 33, 33)
    except OSError as error:
        log(error)

def keep(path, old):
    os.chown(path, old.st_uid, old.st_gid)
    os.chown(path, os.getuid(), 5)
    os.chown(path, -1, -1)
# os.chown(path, 33, 33)
PY
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
USER 10001:10001
CMD ["python", "server.py"]

FROM python:3.12 AS catches-another
WORKDIR /app
COPY <<"PY" server.py
def move(path):
    try:
        os.chown(path, 33, 33)
    except ValueError:
        log("odd")
PY
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
USER 10001:10001
CMD ["python", "server.py"]

FROM node:22 AS own
WORKDIR /app
COPY <<"JS" server.js
fs.chownSync(folder, 1000, 1000)
JS
# harden-image: node (1000:1000), the account that its vendor runs it as
USER 1000:1000
CMD ["node", "server.js"]

FROM node:22 AS others
WORKDIR /app
COPY <<"JS" server.js
fs.chownSync(folder, 33, 33)
JS
COPY <<"JS" test/server.test.js
fs.chownSync(folder, 34, 34)
JS
USER 1000:1000
CMD ["node", "server.js"]

FROM golang:1.23 AS build
WORKDIR /src
COPY <<"GO" main.go
func move(path string) error {
	_ = os.Chown(path, 33, 33)
	if err := os.Chown(path, 34, 34); err != nil {
		log.Print(err)
	}
	if err := os.Chown(path, ownerOf(path), 35); err != nil {
		return err
	}
}
GO
RUN go build -o /server .

FROM debian:trixie-slim AS compiled
COPY --from=build /server /server
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
USER 10001:10001
CMD ["/server"]
