FROM example.org/db:1
# harden-image: created by the original run
COPY --from=example.org/db:1 --chown=0:65532 --chmod=640 /etc/app.key /etc/app.key
COPY --from=example.org/db:1 --chown=65532:65532 /state/keep /state/keep
# harden-image: nonroot (65532:65532), the image's own account
USER 65532:65532
