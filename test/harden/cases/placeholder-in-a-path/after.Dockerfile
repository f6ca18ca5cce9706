FROM debian:trixie-slim
ENV STATE_DIR=/srv/state
WORKDIR /app
COPY <<EOF app.rb
File.write('{{STATE_DIR}}/pids/app.pid', Process.pid)
FileUtils.mkdir_p('{{INSTALL_DIR}}/tmp')
FileUtils.mkdir_p('@LOGS@/old')
FileUtils.mkdir_p('{brace}/old')
EOF
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: named by ENV STATE_DIR
RUN mkdir -p "$STATE_DIR" \
 && chown 10001:10001 "$STATE_DIR"
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["ruby", "app.rb"]
