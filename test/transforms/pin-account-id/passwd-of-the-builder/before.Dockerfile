FROM alpine:3.22 AS build
RUN adduser -D app
RUN make-it /app

FROM scratch
COPY --from=build /etc/passwd /etc/passwd
COPY --from=build /app /app
ENTRYPOINT ["/app"]
