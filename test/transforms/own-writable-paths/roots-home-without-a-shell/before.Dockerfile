FROM gcr.io/distroless/static-debian12
WORKDIR /root/app
COPY server .
CMD ["./server"]
