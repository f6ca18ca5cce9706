FROM ghcr.io/example/runtime:3
WORKDIR /srv
ENV MODELSERVE_HOME=/opt/models
RUN pip install modelserve
RUN modelserve download base-en
EXPOSE 7000
ENTRYPOINT ["modelserve"]
CMD ["serve"]
