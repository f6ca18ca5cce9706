FROM registry.example/team/base:3
RUN curl -fsSL https://raw.example/nvm-sh/nvm/install.sh | bash && . ~/.nvm/nvm.sh && nvm install 22
RUN pip install playwright && playwright install chromium
COPY run.sh /srv/run.sh
ENTRYPOINT ["/srv/run.sh"]
