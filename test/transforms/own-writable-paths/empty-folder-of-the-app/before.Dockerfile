FROM example.org/app:1
