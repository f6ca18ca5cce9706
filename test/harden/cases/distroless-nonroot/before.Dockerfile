FROM gcr.io/distroless/base-debian12
COPY server /server
VOLUME /data
CMD ["/server"]
