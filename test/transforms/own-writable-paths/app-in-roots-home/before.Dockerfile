FROM debian:trixie-slim
WORKDIR /root/shop
COPY . .
RUN mkdir uploads
CMD ["./shop"]
