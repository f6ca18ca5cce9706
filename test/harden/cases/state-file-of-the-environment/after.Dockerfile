FROM debian:trixie-slim
ENV STATE_PATH=/opt/scheduler/var/state.pickle
RUN [ ! -d /datastore ] && mkdir /datastore
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: made by RUN in line 3; named by ENV STATE_PATH
RUN install -d -o 10001 -g 10001 /datastore /opt/scheduler/var
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["/opt/scheduler/bin/scheduler", "-d", "/datastore"]
