FROM alpine:3.20
RUN apk add --no-cache nginx-rtmp
COPY nginx.conf /etc/nginx/nginx.conf
EXPOSE 1935
CMD ["nginx", "-g", "daemon off;"]
