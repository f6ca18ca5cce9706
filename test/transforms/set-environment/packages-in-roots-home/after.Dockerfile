FROM python:3.13-slim AS build
COPY requirements.txt .
RUN pip install --user -r requirements.txt

FROM python:3.13-slim
COPY --from=build /root/.local /root/.local
ENV PATH=/root/.local/bin:$PATH
WORKDIR /srv/api
COPY . .
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: .local/bin of PATH is there
RUN chmod go+x /root
# harden-image: what line 6 copies is there; the user has another home than root
ENV PYTHONUSERBASE=/root/.local
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["gunicorn", "api:app"]
