FROM --platform=windows/amd64 example.org/app:1
CMD ["app.exe"]
