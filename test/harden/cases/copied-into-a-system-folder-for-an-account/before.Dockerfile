FROM debian:12
COPY --from=build --chown=games:games /out /usr/share/scores
COPY server /usr/local/bin/server
CMD ["server"]
