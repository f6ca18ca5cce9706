FROM debian:trixie-slim
COPY <<PY /app/start.py
import os, shutil

for name in os.listdir("/conf"):
    os.remove(os.path.join("/etc/postfix", name))
    shutil.copyfile(name, os.path.join("/etc/postfix", name))
PY
CMD ["python3", "/app/start.py"]
