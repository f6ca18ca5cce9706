FROM example.org/shop:1
