FROM debian:trixie-slim
RUN apt-get update && apt-get install -y --no-install-recommends python3-django
RUN mkdir -p /srv/site && django-admin startproject site /srv/site
WORKDIR /srv/site
EXPOSE 8000
CMD ["python3", "manage.py", "runserver", "0.0.0.0:8000"]
