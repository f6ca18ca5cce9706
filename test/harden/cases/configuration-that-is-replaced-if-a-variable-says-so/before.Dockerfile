FROM debian:trixie-slim
ENV HOME_OF_IT=/opt/it
COPY --chmod=755 <<"EOT" /start.sh
#!/bin/sh
set -e
echo "" >> $HOME_OF_IT/config/server.properties
if [ -n "$LEVEL" ]; then sed -i "s/level=.*/level=$LEVEL/" $HOME_OF_IT/config/server.properties; fi
if [ -n "$PORT" ]; then echo "port=$PORT" >> $HOME_OF_IT/config/server.properties; fi
exec it
EOT
CMD ["/start.sh"]
