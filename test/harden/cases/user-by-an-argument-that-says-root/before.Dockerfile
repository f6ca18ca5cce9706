FROM debian:trixie-slim
ARG APP=/depot
ARG RUN_AS=0
RUN if [ "$RUN_AS" != 0 ]; then \
      groupadd --gid "$RUN_AS" depot; \
      useradd --uid "$RUN_AS" --gid "$RUN_AS" -m depot; \
      mkdir -p "$APP"/shelf; \
      chown -R "$RUN_AS:$RUN_AS" "$APP"; \
    fi
COPY --chown=$RUN_AS:$RUN_AS serve.py $APP/serve.py
WORKDIR $APP
USER "$RUN_AS:$RUN_AS"
ENV TZ=Etc/UTC
CMD ["python3", "serve.py"]
