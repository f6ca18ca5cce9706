FROM debian:trixie-slim
RUN id app || useradd app
CMD ["app"]
