FROM scratch AS files
COPY <<"KEEP" /out/state/keep
kept
KEEP
COPY <<"APP" /out/app
a program
APP

FROM scratch
COPY --from=files /out/ /
# harden-image: named by the arguments -db /state/keep
COPY --from=files --chown=10001:10001 /out/state/keep /state/keep
# harden-image: a bare uid has no home, and the base image is not known
ENV HOME=/tmp
# harden-image: 10001:10001, a bare uid, which needs no account
USER 10001:10001
CMD ["/app", "-db", "/state/keep"]
