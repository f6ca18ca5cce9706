FROM python:3.13 AS told
WORKDIR /srv/jobs
ENV SPOOL_DIR=/var/spool/jobs
COPY <<EOF worker.py
import argparse, os
options = argparse.ArgumentParser().parse_args()
open(options.log_file, "a")
open(os.path.join(settings.spool_dir, "job"), "a")
EOF
CMD ["python3", "worker.py", "--log-file", "/var/log/jobs/worker.log"]

FROM python:3.13 AS untold
WORKDIR /srv/jobs
COPY <<EOF worker.py
import argparse, os
options = argparse.ArgumentParser().parse_args()
open(options.log_file, "a")
EOF
CMD ["python3", "worker.py", "--log-level", "3"]
