FROM alpine:3.22
RUN apk add --no-cache python3
COPY app.py /app.py
VOLUME /var/lib/app
CMD ["python3", "/app.py"]
