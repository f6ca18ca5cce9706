FROM debian:trixie
RUN useradd -r demo
USER demo
VOLUME /data
RUN chown demo /srv
USER root
RUN apt-get update
CMD ["serve"]
