FROM debian:trixie-slim
RUN apt-get update && apt-get install -y python3
COPY --chmod=755 <<EOF /start.py
#!/usr/bin/env python3
import os
# no gosu here
os.execv("/srv/shop", ["shop"])
EOF
ENTRYPOINT ["/start.py"]
