FROM debian:trixie-slim
RUN apt-get update && apt-get install -y --no-install-recommends python3 && rm -rf /var/lib/apt/lists/*
ADD https://lists.example/names.list?day=1 /srv/data/
ADD --chmod=0644 https://lists.example/open.list /srv/data/
ADD https://lists.example/fonts.tar.gz /srv/
ADD https://git.example/site.git /srv/site
EXPOSE 8000
CMD ["python3", "-m", "http.server", "8000", "--directory", "/srv/data"]
