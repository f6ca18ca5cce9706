"""Upper-cases every job that is put into the spool folder, and keeps a log."""

import logging
import pathlib
import signal
import sys
import time

SPOOL = pathlib.Path("/var/spool/jobs")

logging.basicConfig(
    format="%(asctime)s %(message)s",
    level=logging.INFO,
    handlers=[logging.FileHandler("/var/log/worker.log"), logging.StreamHandler()],
)
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
done = SPOOL / "done"
done.mkdir(exist_ok=True)
logging.info("waiting for jobs in %s", SPOOL)

while True:
    for job in SPOOL.glob("*.txt"):
        (done / job.name).write_text(job.read_text().upper())
        job.unlink()
        logging.info("did %s", job.name)
    time.sleep(1)
