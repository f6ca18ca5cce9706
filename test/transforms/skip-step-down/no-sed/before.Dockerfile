FROM example.org/redis:1
