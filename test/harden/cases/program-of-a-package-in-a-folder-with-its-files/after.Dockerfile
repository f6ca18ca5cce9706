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
COPY <<EOF harvester.toml
fields = 3
EOF
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["/opt/start.sh"]
