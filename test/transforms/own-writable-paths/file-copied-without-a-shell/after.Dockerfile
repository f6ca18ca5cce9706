FROM scratch
COPY app /app
# harden-image: named by the arguments -db /state/keep
COPY --chown=10001:10001 keep /state/keep
# harden-image: 10001:10001, a bare uid, which needs no account
USER 10001:10001
CMD ["/app", "-db", "/state/keep"]
