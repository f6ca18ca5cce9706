FROM registry.example.org/jenkins:2
# harden-image: only root runs apt-get update
USER 0
RUN apt-get update && apt-get install -y git
USER 1000:1000
COPY plugins.txt /usr/share/jenkins/
