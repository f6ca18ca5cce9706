FROM busybox:musl
COPY www /www
# harden-image: app (10001:10001): the image has no service account for it
RUN echo 'app:x:10001:' >> /etc/group \
 && echo 'app:x:10001:10001::/home/app:/sbin/nologin' >> /etc/passwd \
 && mkdir -p /home/app \
 && chown 10001:10001 /home/app
EXPOSE 8080
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["httpd", "-f", "-p", "8080", "-h", "/www"]
