import os
import time
import urllib.request

with open(os.environ["TOKEN_FILE"]) as file:
    token = file.read().strip()

while True:
    request = urllib.request.Request(os.environ["API"], data=b"seen by the client", headers={"X-Token": token})
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            print(answer.status)
    except OSError as error:
        print(error)
    time.sleep(1)
