FROM maven:3-eclipse-temurin-21 AS build
WORKDIR /src
COPY <<EOT src/main/resources/application.yml
logging:
  file:
    name: /var/log/acme/app.log
app:
  upload-dir: /srv/uploads
spring:
  datasource:
    url: jdbc:h2:file:./data/db;MODE=MySQL
EOT
COPY <<EOT src/main/java/Main.java
Files.createDirectories(Path.of("reports"));
EOT
RUN mvn package

FROM eclipse-temurin:21-jre
WORKDIR /opt/acme
COPY --from=build /src/target/app.jar app.jar
ENV JAVA_OPTS="-Xlog:gc*:file=/var/log/gc.log"
# harden-image: write access to /opt/acme/data, /opt/acme/reports, /srv/uploads, /var/log …
RUN mkdir -p /opt/acme/data /opt/acme/reports /srv/uploads /var/log/acme \
 && chown 1000:1000 /opt/acme/data /opt/acme/reports /srv/uploads /var/log/acme \
 && chgrp 1000 /var/log \
 && chmod 1775 /var/log
# harden-image: ubuntu (1000:1000), the image's own account
USER 1000:1000
ENTRYPOINT ["java", "-jar", "app.jar"]
