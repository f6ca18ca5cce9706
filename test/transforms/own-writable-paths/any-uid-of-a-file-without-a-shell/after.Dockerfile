FROM example.org/db:1
# harden-image: /etc/app.key is read (created by the original run)
COPY --from=example.org/db:1 --chown=0:0 --chmod=640 /etc/app.key /etc/app.key
# harden-image: /state/keep (created by the original run)
COPY --from=example.org/db:1 --chown=65532:0 --chmod=664 /state/keep /state/keep
# harden-image: nonroot (65532:0), the image's own account; any uid with group 0 will do
USER 65532:0
