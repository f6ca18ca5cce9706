FROM example.org/own:1
RUN echo hello
CMD ["app"]
