# Nobody has told of this program; what its options name is an account of the base image, and a port.
FROM debian:trixie-slim
RUN apt-get update && apt-get install -y --no-install-recommends mini-httpd
CMD ["mini_httpd", "-D", "-p", "80", "-d", "/srv", "-u", "www-data"]
