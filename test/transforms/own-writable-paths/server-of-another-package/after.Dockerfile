FROM alpine:3.20
RUN apk add --no-cache nginx-rtmp
COPY nginx.conf /etc/nginx/nginx.conf
# harden-image: app (10001:10001): nginx-rtmp may bring its own account
RUN addgroup -g 10001 app \
 && adduser -D -u 10001 -G app -h /home/app -s /sbin/nologin app
EXPOSE 1935
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["nginx", "-g", "daemon off;"]
