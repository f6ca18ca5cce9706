FROM debian:trixie-slim
ENV STATE_DIR=/srv/state
WORKDIR /app
COPY <<EOF app.rb
File.write('{{STATE_DIR}}/pids/app.pid', Process.pid)
FileUtils.mkdir_p('{{INSTALL_DIR}}/tmp')
FileUtils.mkdir_p('@LOGS@/old')
FileUtils.mkdir_p('{brace}/old')
EOF
CMD ["ruby", "app.rb"]
