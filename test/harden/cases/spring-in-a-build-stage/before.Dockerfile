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
ENTRYPOINT ["java", "-jar", "app.jar"]
