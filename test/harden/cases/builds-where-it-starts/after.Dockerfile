FROM debian:trixie-slim
RUN apt-get update && apt-get install -y cargo
WORKDIR /code
COPY Cargo.toml ./
RUN cargo build --offline
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: cargo keeps what it builds where it starts
RUN mkdir -p /code/target \
 && chown -Rh 10001:10001 /code/target
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["cargo", "run", "--offline"]
