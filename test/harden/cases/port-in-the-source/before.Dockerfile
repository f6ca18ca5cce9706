FROM debian:trixie-slim
WORKDIR /srv/app
COPY <<EOF /srv/app/app.py
from flask import Flask
app = Flask(__name__)
app.run(host='0.0.0.0', port=80)
EOF
EXPOSE 80
CMD ["python3", "app.py"]
