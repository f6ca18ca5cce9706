FROM debian:trixie-slim
ENV STATE_PATH=/opt/scheduler/var/state.pickle
RUN [ ! -d /datastore ] && mkdir /datastore
CMD ["/opt/scheduler/bin/scheduler", "-d", "/datastore"]
