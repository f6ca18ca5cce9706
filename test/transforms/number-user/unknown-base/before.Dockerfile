FROM registry.example.org/team/base:4
USER app
CMD ["app"]
