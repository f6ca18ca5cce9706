FROM example.org/dns:1
