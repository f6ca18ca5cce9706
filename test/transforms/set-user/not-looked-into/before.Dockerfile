FROM example.org/own:1
CMD ["app"]
