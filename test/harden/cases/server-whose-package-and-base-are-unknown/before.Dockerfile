FROM registry.example.org/base:1
RUN apk add --no-cache squid
EXPOSE 3128
CMD ["squid", "-N"]
