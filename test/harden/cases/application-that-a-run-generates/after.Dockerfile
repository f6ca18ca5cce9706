FROM debian:trixie-slim
RUN apt-get update && apt-get install -y --no-install-recommends python3-django
RUN mkdir -p /srv/site && django-admin startproject site /srv/site
WORKDIR /srv/site
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
EXPOSE 8000
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["python3", "manage.py", "runserver", "0.0.0.0:8000"]
