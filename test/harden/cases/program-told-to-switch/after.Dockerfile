# Nobody has told of this program; what its options name is an account of the base image, and a port.
FROM debian:trixie-slim
RUN apt-get update && apt-get install -y --no-install-recommends mini-httpd
# harden-image: www-data (33:33), mini_httpd switches to it
USER 33:33
CMD ["mini_httpd", "-D", "-p", "8080", "-d", "/srv", "-u", "www-data"]
