FROM registry.example/team/base:3
RUN mkdir -p ~/bin && make install DESTDIR=~/bin
CMD ~/bin/worker --queue mail
