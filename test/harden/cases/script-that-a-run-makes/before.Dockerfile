FROM debian:trixie-slim
RUN curl -fsSL https://example.org/upload.sh > /usr/local/bin/upload.sh && chmod +x /usr/local/bin/upload.sh
ENTRYPOINT ["upload.sh"]
