FROM golang:1.24-nanoserver-ltsc2022
CMD ["app.exe"]
