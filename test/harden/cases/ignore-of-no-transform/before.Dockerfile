FROM debian:12
RUN true
# harden-image ignore=set-usr,raise-ports reason=see ticket
CMD ["sleep", "inf"]
