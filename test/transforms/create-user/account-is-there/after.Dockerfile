FROM example.org/redis:1
# harden-image: /dump.rdb is made where it starts, and / belongs to the system
WORKDIR /home/redis
# harden-image: redis (999:999), the image's own account
USER 999:999
CMD ["redis-server"]
