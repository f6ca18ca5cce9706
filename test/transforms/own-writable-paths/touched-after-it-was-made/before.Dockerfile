FROM debian:trixie-slim AS build
COPY run.c .
RUN mkdir -p /out && gcc -static -o /out/run run.c && touch --date=@0 /out/run

FROM debian:trixie-slim
COPY --from=build /out/run /srv/run
CMD ["/srv/run"]
