FROM registry.example.org/team/base:4
RUN useradd -u 10001 -m app && chown -R app /srv
# harden-image: app (10001:10001), created by this Dockerfile
USER 10001:10001
CMD ["app"]
