FROM example.org/lb:1
