FROM golang:1 AS b
RUN go install example.org/x/cmd/serve/v2@latest
FROM debian:trixie-slim
COPY --from=b /go/bin/serve /bin/serve
ENTRYPOINT ["/bin/serve"]
