FROM ghcr.io/example/runtime:3
WORKDIR /srv
RUN pip install modelserve
RUN modelserve download base-en
EXPOSE 7000
ENTRYPOINT ["modelserve"]
CMD ["serve"]
