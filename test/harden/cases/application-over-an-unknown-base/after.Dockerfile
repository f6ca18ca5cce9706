# Its packages may be those of the user whom the base starts as, and are not found by another one.
FROM registry.example/team/python:3
COPY . .
# harden-image: a bare uid has no home, and the base image is not known
ENV HOME=/tmp
# harden-image: 10001:10001, a bare uid, which needs no account
USER 10001:10001
CMD ["python", "app.py"]
