FROM golang:1.23 AS build
COPY main.go .
RUN mkdir -p /out/data && go build -o /out/run main.go && touch --date=@0 /out/run /out

FROM scratch
COPY --from=build /out /
VOLUME /data
CMD ["/run"]
