# harden-image: decide: /usr/bin/python3.13 has cap_net_raw, cap_net_admin of its own: under --cap-drop=ALL the kernel refuses to start it
FROM debian:trixie-slim
RUN apt-get update && apt-get install -y python3 libcap2-bin \
 && setcap cap_net_raw,cap_net_admin+eip /usr/bin/python3.13
COPY scan.py /srv/
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["python3", "/srv/scan.py"]
