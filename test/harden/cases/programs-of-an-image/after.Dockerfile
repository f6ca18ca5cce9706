FROM example.org/mail:1
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: open in /usr/sbin/maild line 3; copied empty, there to be filled
RUN mkdir -p /var/lib/maild \
 && chown 10001:10001 /var/lib/maild /var/lib/tomcat/webapps/ROOT/data
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
