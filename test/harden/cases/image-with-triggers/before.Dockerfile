FROM example.org/app-base:1
