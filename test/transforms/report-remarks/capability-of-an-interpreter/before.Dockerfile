FROM debian:trixie-slim
RUN apt-get update && apt-get install -y python3 libcap2-bin \
 && setcap cap_net_raw,cap_net_admin+eip /usr/bin/python3.13
COPY scan.py /srv/
CMD ["python3", "/srv/scan.py"]
