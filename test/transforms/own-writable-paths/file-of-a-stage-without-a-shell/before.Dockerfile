FROM scratch AS files
COPY <<"KEEP" /out/state/keep
kept
KEEP
COPY <<"APP" /out/app
a program
APP

FROM scratch
COPY --from=files /out/ /
CMD ["/app", "-db", "/state/keep"]
