FROM example.org/platform:1
CMD ["redis-server", "--protected-mode", "no"]
