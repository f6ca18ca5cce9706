FROM debian:trixie-slim
RUN echo 'app:x:1500:1600::/:/sbin/nologin' >> /etc/passwd && echo 'app:x:1600:' >> /etc/group
# harden-image: app (1500:1600), created by this Dockerfile
USER 1500:1600
CMD ["app"]
