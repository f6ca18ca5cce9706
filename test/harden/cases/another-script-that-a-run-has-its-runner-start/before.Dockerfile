FROM ruby:3.4
WORKDIR /srv
ENV STORE_DATABASE_DIR=/srv/data/db
RUN mkdir -p /srv/data/db
RUN bundle exec pages render
CMD ["bundle", "exec", "puma"]
