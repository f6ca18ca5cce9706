FROM debian:trixie-slim
RUN useradd --uid 10001 --create-home app
COPY app.py /srv/app.py
# harden-image: app (10001:10001), created by this Dockerfile
USER 10001:10001
CMD ["python3", "/srv/app.py"]
