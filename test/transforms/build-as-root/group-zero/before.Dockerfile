FROM registry.example.org/tools/base:9
USER 0
RUN mkdir /home/tools && chgrp 0 /home/tools && chmod g=u /home/tools
USER 10001
RUN tar -xzf /opt/sdk.tar.gz -C /home/tools && chgrp -R 0 /home/tools && chmod -R g=u /home/tools
ENTRYPOINT ["/opt/start.sh"]
