FROM example.org/db:1
# harden-image: created by the original run
COPY --from=example.org/db:1 --chown=0:0 --chmod=640 /etc/app.key /etc/app.key
COPY --from=example.org/db:1 --chown=65532:0 --chmod=664 /state/keep /state/keep
# harden-image: nonroot (65532:0), the image's own account; and more
USER 65532:0
