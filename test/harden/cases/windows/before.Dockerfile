FROM mcr.microsoft.com/windows/servercore:ltsc2022
RUN powershell -Command Get-Date
CMD ["cmd"]
