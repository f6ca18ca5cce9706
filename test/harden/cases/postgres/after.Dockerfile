FROM postgres:17
# harden-image: postgres (999:999), the account that its vendor runs it as
USER 999:999
