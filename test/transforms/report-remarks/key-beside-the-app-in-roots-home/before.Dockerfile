FROM debian:trixie-slim
WORKDIR /root/app
RUN echo "machine git.example login ci password $TOKEN" > ~/.netrc
COPY . .
CMD ["./app"]
