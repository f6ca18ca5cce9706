FROM debian:trixie-slim
EXPOSE 80 443
HEALTHCHECK CMD curl -kf https://localhost/ && curl -f http://localhost/
ENTRYPOINT ["app"]
CMD ["--http=:80", "--https=:443"]
