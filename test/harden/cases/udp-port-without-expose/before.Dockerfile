FROM debian:trixie-slim
CMD ["ntpd-of-mine", "--listen", "0.0.0.0:123"]
