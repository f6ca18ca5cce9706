FROM debian:trixie-slim
COPY app /usr/local/bin/app
# harden-image: found by the home of whoever runs it
COPY --chown=101:102 config /home/web/.app/config
# harden-image: the home of web is /home/web from now on
RUN sed -i -E 's#^(web(:[^:]*){4}:)[^:]*#\1/home/web#' /etc/passwd
# harden-image: the home of the user
RUN mkdir -p /home/web \
 && chown 101:102 /home/web
# harden-image: what it looks for in its home was in root's
ENV HOME=/home/web
# harden-image: web (101:102), whom the original became for its work
USER 101:102
CMD ["app"]
