FROM registry.example/team/base:3 AS build
RUN make -C /src

FROM registry.example/team/runtime:3
WORKDIR /root/
COPY --from=build /src/server .
RUN ./server --version
CMD ["./server"]
