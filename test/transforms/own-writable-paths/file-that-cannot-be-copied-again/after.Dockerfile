FROM scratch AS files
COPY <<"KEEP" /out/keep
kept
KEEP
COPY app /out/app

FROM scratch
# What a pattern brings is another thing with other files.
# harden-image: decide: the user must write /state/keep, and the image has no shell to change their modes or owner
COPY --from=files /out/* /state/
# harden-image: 10001:10001, a bare uid, which needs no account
USER 10001:10001
CMD ["/state/app", "-db", "/state/keep"]
