FROM example.org/db:1
