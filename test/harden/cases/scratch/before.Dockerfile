FROM scratch
COPY server /server
VOLUME /data
EXPOSE 8080
ENTRYPOINT ["/server"]
