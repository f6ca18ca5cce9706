FROM registry.example.org/jenkins:2
USER root
RUN apt-get update && apt-get install -y git
# harden-image: jenkins (1000:1000), the user of the image it is built from
USER 1000:1000
