FROM registry.access.redhat.com/ubi9-minimal
COPY app /usr/local/bin/app
CMD ["app"]
