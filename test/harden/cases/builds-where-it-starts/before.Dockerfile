FROM debian:trixie-slim
RUN apt-get update && apt-get install -y cargo
WORKDIR /code
COPY Cargo.toml ./
RUN cargo build --offline
CMD ["cargo", "run", "--offline"]
