FROM debian:trixie-slim AS made
RUN mkdir -p /opt/board && touch /opt/board/posts /opt/list
CMD ["boardd", "/opt/board", "/opt/list"]

FROM debian:trixie-slim AS elsewhere
CMD ["boardd", "/run/board/socket", "/var/lib/board/posts"]

FROM debian:trixie-slim AS read
RUN mkdir -p /opt/pages && touch /opt/pages/list
COPY index.html /opt/pages/index.html
COPY board.py /var/lib/board/board.py
ENTRYPOINT ["python3", "/var/lib/board/board.py"]
CMD ["/opt/pages", "--from", "/var/lib/feed", "/run/secrets/token", "/etc/board"]

FROM debian:trixie-slim AS shown
RUN mkdir -p /opt/board
CMD ["tail", "-f", "/opt/board", "/var/lib/board/log"]
