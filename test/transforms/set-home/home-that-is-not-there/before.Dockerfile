FROM example.org/web:1
