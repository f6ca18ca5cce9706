FROM registry.example.org/team/base:4
RUN install-app
VOLUME /data
EXPOSE 80
CMD ["app"]
