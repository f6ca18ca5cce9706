FROM debian:trixie-slim
RUN echo 'app:x:1500:1600::/:/sbin/nologin' >> /etc/passwd && echo 'app:x:1600:' >> /etc/group
CMD ["app"]
