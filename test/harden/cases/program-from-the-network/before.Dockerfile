FROM debian:trixie-slim AS by-add
ARG VERSION
ADD --chmod=755 https://example.org/bridge-${VERSION}-linux-arm64 /bin/bridge
CMD ["/bin/bridge"]

FROM debian:trixie-slim AS by-run
RUN apt-get update && apt-get install -y curl \
 && curl -fsSLo /usr/local/bin/agent https://example.org/agent && chmod +x /usr/local/bin/agent
ENTRYPOINT ["agent", "--config", "/etc/agent.yaml"]

FROM debian:trixie-slim AS with-a-volume
RUN curl -fsSLo /usr/local/bin/keeper https://example.org/keeper && chmod +x /usr/local/bin/keeper
VOLUME /var/lib/keeper
CMD ["keeper"]

FROM scratch AS by-a-stage
COPY --from=by-add /bin/bridge /bridge
CMD ["/bridge"]
