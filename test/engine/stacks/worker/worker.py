import argparse
import os
import pathlib
import time

import redis

parser = argparse.ArgumentParser()
parser.add_argument("--log", required=True)
log = open(parser.parse_args().log, "a", buffering=1)
results = pathlib.Path(os.environ["RESULTS"])

while True:
    try:
        job = redis.call("RPOP", "jobs")
    except OSError as error:
        print("waits for the queue:", error)
        job = None
    if job is None:
        time.sleep(0.2)
        continue
    (results / job).write_text(f"{job} done by {os.environ['WORKER_NAME']}\n")
    log.write(f"{job}\n")
