FROM debian:trixie-slim AS build
RUN make-secret > /out/key && chmod 600 /out/key && mkdir -p /out/private && chmod 700 /out/private
RUN make-cert > /out/cert && chmod 644 /out/cert && mkdir -p /out/public

FROM debian:trixie-slim
COPY --from=build /out /opt/app
CMD ["appd"]
