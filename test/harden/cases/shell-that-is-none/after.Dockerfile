FROM python:3.12
# harden-image: decide: SHELL is python3 -c, but the inserted RUN lines need a POSIX shell
SHELL ["python3", "-c"]
RUN print("built")
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["python3", "-m", "http.server", "8000"]
