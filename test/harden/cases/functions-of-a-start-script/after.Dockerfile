# A start script writes by functions, with what they are called with, and in one of two branches.
FROM debian:trixie-slim
ENV STORE_HOME=/opt/store
COPY <<EOF /opt/store/conf/store.properties
level=1
EOF
COPY --chmod=755 <<"EOF" /start.sh
#!/bin/sh
set -eu
conf="${STORE_HOME}/conf"
setting() {
  local name="${1}" value="${2}"
  file="${conf}/${3}"
  if [ -n "${value}" ]; then
    if grep -q "^${name}=" "${file}"; then
      sed -i "s|^${name}=.*|${name}=${value}|" "${file}"
    else
      echo "${name}=${value}" >> "${file}"
    fi
  fi
}
announce() {
  echo "started" > /opt/store/last-start
}
never() {
  echo x > /opt/store/never
}
announce
if [ "$1" = store ]; then
  setting level "${STORE_LEVEL:-2}" store.properties
fi
cat "${conf}/store.properties" /opt/store/last-start
exec sleep infinity
EOF
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: written by /start.sh lines 9, 11 and 16
RUN touch "${STORE_HOME}/last-start" \
 && chown 10001:10001 "${STORE_HOME}/conf" "${STORE_HOME}/conf/store.properties" "${STORE_HOME}/last-start"
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
ENTRYPOINT ["/start.sh"]
CMD ["store"]
