FROM alpine:3.22
RUN apk add --no-cache python3
COPY app.py /app.py
# harden-image: app (10001:10001): the image has no service account for it
RUN addgroup -g 10001 app \
 && adduser -D -u 10001 -G app -h /home/app -s /sbin/nologin app
# harden-image: declared by VOLUME
RUN mkdir -p /var/lib/app \
 && chown 10001:10001 /var/lib/app
VOLUME /var/lib/app
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["python3", "/app.py"]
