FROM registry.example.org/team/base:4
RUN useradd -m app && chown -R app /srv
CMD ["app"]
