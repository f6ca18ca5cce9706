FROM scratch AS files
COPY <<"KEEP" /out/keep
kept
KEEP
COPY app /out/app

FROM scratch
# What a pattern brings is another thing with other files.
COPY --from=files /out/* /state/
CMD ["/state/app", "-db", "/state/keep"]
