FROM debian:trixie-slim
RUN apt-get update && apt-get install -y python3 gosu
COPY --chmod=755 <<EOF /start.py
#!/usr/bin/env python3
import os
# gosu comes last
os.chown("/srv/data", 991, 991)
os.execv("/usr/sbin/gosu", ["gosu", "991:991", "/srv/shop"])
EOF
ENTRYPOINT ["/start.py"]
