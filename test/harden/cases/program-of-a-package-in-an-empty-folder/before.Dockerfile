FROM python:3.13-slim
RUN pip install --no-cache-dir harvester
COPY --chmod=755 <<"EOF" /opt/start.sh
#!/bin/bash
project=fields
if [ -n "$PROJECT" ]; then
    project=$PROJECT
fi
harvester start $project --port 8000
EOF
WORKDIR /srv/crops
CMD ["/opt/start.sh"]
