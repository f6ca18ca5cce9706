FROM example.org/redis:1
# harden-image: redis (999:999), the image's own account
USER 999:999
CMD ["redis-server"]
