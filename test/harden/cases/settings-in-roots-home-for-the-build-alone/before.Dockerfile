FROM debian:trixie-slim
COPY netrc /root/.netrc
COPY known_hosts /root/.ssh/known_hosts
RUN git config --global url.https://example.org/.insteadOf git@example.org:
RUN git clone https://example.org/app.git /opt/app && pip install -r /opt/app/requirements.txt
RUN mkdir -p /root/.cache/pip ~/.npm && echo alias l=ls >> ~/.bashrc
RUN mkdir -p /root/.setup && echo x > /root/.setup/answers && setup && rm -r /root/.setup
CMD ["/opt/app/serve"]
