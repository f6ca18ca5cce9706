FROM registry.example/team/base:3
EXPOSE 80
CMD python3 -m http.server 80
