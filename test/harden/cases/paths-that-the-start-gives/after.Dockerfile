FROM python:3.13 AS told
WORKDIR /srv/jobs
ENV SPOOL_DIR=/var/spool/jobs
COPY <<EOF worker.py
import argparse, os
options = argparse.ArgumentParser().parse_args()
open(options.log_file, "a")
open(os.path.join(settings.spool_dir, "job"), "a")
EOF
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: named by the arguments --log-file worker.log; and more
RUN mkdir -p /var/log/jobs "$SPOOL_DIR" \
 && chown 10001:10001 /var/log/jobs "$SPOOL_DIR"
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["python3", "worker.py", "--log-file", "/var/log/jobs/worker.log"]

FROM python:3.13 AS untold
WORKDIR /srv/jobs
COPY <<EOF worker.py
import argparse, os
options = argparse.ArgumentParser().parse_args()
open(options.log_file, "a")
EOF
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
USER 10001:10001
CMD ["python3", "worker.py", "--log-level", "3"]
