FROM alpine:3.22
COPY app /usr/local/bin/app
# harden-image: app (10001:0): the image has no service account for it
RUN adduser -D -u 10001 -G root -h /home/app -s /sbin/nologin app
# harden-image: the home of whoever runs it
RUN mkdir -p /home/app \
 && chown 10001:0 /home/app \
 && chmod g=u /home/app
# harden-image: a uid that is not in /etc/passwd has no home
ENV HOME=/home/app
# harden-image: app (10001:0), numeric, so that Kubernetes can check it
USER 10001:0
CMD ["app"]
