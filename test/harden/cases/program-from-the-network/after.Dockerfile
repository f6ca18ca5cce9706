FROM debian:trixie-slim AS by-add
ARG VERSION
ADD --chmod=755 https://example.org/bridge-${VERSION}-linux-arm64 /bin/bridge
CMD ["/bin/bridge"]

FROM debian:trixie-slim AS by-run
RUN apt-get update && apt-get install -y curl \
 && curl -fsSLo /usr/local/bin/agent https://example.org/agent && chmod +x /usr/local/bin/agent
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
ENTRYPOINT ["agent", "--config", "/etc/agent.yaml"]

FROM debian:trixie-slim AS with-a-volume
RUN curl -fsSLo /usr/local/bin/keeper https://example.org/keeper && chmod +x /usr/local/bin/keeper
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: declared by VOLUME
RUN mkdir -p /var/lib/keeper \
 && chown 10001:10001 /var/lib/keeper
VOLUME /var/lib/keeper
USER 10001:10001
CMD ["keeper"]

FROM scratch AS by-a-stage
COPY --from=by-add /bin/bridge /bridge
# harden-image: 10001:10001, a bare uid, which needs no account
USER 10001:10001
CMD ["/bridge"]
