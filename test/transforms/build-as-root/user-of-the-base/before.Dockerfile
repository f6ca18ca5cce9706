FROM registry.example.org/jenkins:2
RUN apt-get update && apt-get install -y git
COPY plugins.txt /usr/share/jenkins/
