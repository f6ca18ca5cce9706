FROM debian:trixie-slim
RUN curl -fsSL https://example.org/samba.tar.gz | tar xz && cd samba && ./configure && make install
EXPOSE 445
CMD ["/usr/local/samba/sbin/smbd", "-F"]
