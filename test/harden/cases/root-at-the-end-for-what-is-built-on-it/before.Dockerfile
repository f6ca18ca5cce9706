FROM registry.access.redhat.com/ubi9/nodejs-22
COPY rpms /tmp/rpms
USER 1001
RUN npm ci
USER root
LABEL io.k8s.display-name="our base"
