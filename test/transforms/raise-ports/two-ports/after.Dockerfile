FROM example.org/web:1
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: listen above 1024 (ports.conf and site.conf said 80, 443)
RUN sed -i -E \
      -e 's/Listen 80\b/Listen 8080/' \
      -e 's/Listen 443\b/Listen 8443/' \
      /etc/apache2/ports.conf \
 && sed -i -E 's/<VirtualHost \*:80>/<VirtualHost *:8080>/' /etc/apache2/sites-available/site.conf
EXPOSE 8080 8443
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
