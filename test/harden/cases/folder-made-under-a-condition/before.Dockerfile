FROM debian:trixie-slim
ARG WITH_SHELF=
RUN if [ -n "$WITH_SHELF" ]; then mkdir -p /srv/depot/shelf; fi
COPY serve.py /srv/depot/serve.py
CMD ["python3", "/srv/depot/serve.py"]
