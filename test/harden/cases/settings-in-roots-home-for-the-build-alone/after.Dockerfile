FROM debian:trixie-slim
COPY netrc /root/.netrc
COPY known_hosts /root/.ssh/known_hosts
RUN git config --global url.https://example.org/.insteadOf git@example.org:
RUN git clone https://example.org/app.git /opt/app && pip install -r /opt/app/requirements.txt
RUN mkdir -p /root/.cache/pip ~/.npm && echo alias l=ls >> ~/.bashrc
RUN mkdir -p /root/.setup && echo x > /root/.setup/answers && setup && rm -r /root/.setup
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["/opt/app/serve"]
