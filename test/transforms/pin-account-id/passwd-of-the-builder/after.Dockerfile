FROM alpine:3.22 AS build
RUN adduser -u 10001 -D app
RUN make-it /app

FROM scratch
COPY --from=build /etc/passwd /etc/passwd
COPY --from=build /app /app
# harden-image: app (10001:10001), created by this Dockerfile
USER 10001:10001
ENTRYPOINT ["/app"]
