FROM registry.example/team/base:3 AS base
RUN useradd -u 1234 -U worker
USER worker

FROM base
RUN apt-get update && apt-get install -y curl
CMD ["worker"]
