FROM example.org/web:1
ENTRYPOINT ["web"]
CMD ["--port=80"]
