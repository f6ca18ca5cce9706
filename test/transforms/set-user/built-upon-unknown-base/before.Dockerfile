FROM registry.example.org/team/base:4
COPY . /src
