FROM debian:trixie-slim
RUN useradd --create-home app
COPY app.py /srv/app.py
CMD ["python3", "/srv/app.py"]
