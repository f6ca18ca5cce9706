FROM ruby:3.4
WORKDIR /srv
ENV STORE_DATABASE_DIR=/srv/data/db
RUN mkdir -p /srv/data/db
RUN bundle exec pages render
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: named by ENV STORE_DATABASE_DIR, and left empty
RUN chown 10001:10001 "$STORE_DATABASE_DIR"
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["bundle", "exec", "puma"]
