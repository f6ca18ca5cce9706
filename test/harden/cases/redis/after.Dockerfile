FROM redis:7
# harden-image: redis (999:999), the account that its vendor runs it as
USER 999:999
