# The RUN brings the program; the package is what it is built with.
FROM debian:trixie-slim
COPY . /src
RUN apt-get update && apt-get install -y --no-install-recommends libpq5 && make -C /src install
EXPOSE 8000
CMD ["notesd"]
