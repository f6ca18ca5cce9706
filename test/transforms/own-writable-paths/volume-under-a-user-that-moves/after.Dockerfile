FROM debian:trixie
RUN groupadd -g 10001 demo && useradd -u 10001 -g demo -r demo
# harden-image: declared by VOLUME
RUN mkdir -p /data \
 && chown 10001:10001 /data
VOLUME /data
RUN chown demo /srv
USER demo
USER root
RUN apt-get update
# harden-image: demo (10001:10001)
USER 10001:10001
CMD ["serve"]
