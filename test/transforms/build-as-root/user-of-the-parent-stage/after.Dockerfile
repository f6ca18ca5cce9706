FROM registry.example/team/base:3 AS base
RUN useradd -u 1234 -U worker
USER worker

FROM base
# harden-image: only root runs apt-get update
USER 0
RUN apt-get update && apt-get install -y curl
USER 1234:1234
CMD ["worker"]
