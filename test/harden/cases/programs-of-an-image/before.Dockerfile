FROM example.org/mail:1
