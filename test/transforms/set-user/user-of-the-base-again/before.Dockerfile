FROM registry.example.org/jenkins:2
USER root
RUN apt-get update && apt-get install -y git
