FROM example.org/redis:1
CMD ["redis-server"]
