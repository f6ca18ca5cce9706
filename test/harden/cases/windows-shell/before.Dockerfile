# escape=`
ARG BASE
FROM $BASE
SHELL ["powershell", "-Command"]
RUN Get-Date
CMD ["app.exe"]
