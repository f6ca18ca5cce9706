FROM debian:trixie-slim
WORKDIR /shop
COPY shop.c ./
RUN curl -fsSL https://example.org/lib.tgz | tar xz && cc -o shop shop.c
EXPOSE 8080
CMD ["./shop"]
