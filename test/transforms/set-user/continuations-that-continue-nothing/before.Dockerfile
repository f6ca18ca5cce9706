FROM registry.example/team/base:3
EXPOSE 8080
RUN make && make install \ \ 
