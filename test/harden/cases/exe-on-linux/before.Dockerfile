FROM debian:trixie-slim
COPY app.exe /srv/_build/app.exe
WORKDIR /srv
CMD ["_build/app.exe"]
