FROM debian:trixie-slim
COPY --chmod=755 probe /usr/local/bin/probe
RUN apt-get update && apt-get install -y libcap2-bin \
 && setcap cap_net_raw+ep /usr/local/bin/probe
CMD ["/usr/local/bin/probe"]
