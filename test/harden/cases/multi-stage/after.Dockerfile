# syntax=docker/dockerfile:1
ARG GO=1.24
FROM golang:${GO} AS build
WORKDIR /src
COPY . .
RUN go build -o /out/app .

FROM build AS test
RUN go test ./...

FROM gcr.io/distroless/static-debian12
COPY --from=build /out/app /app
EXPOSE 8080
# harden-image: nonroot (65532:65532), the account that its vendor runs it as
USER 65532:65532
ENTRYPOINT ["/app"]
