FROM python:3.12-slim
RUN pip install --no-cache-dir "ledgerweb[excel]==1.2"
ENTRYPOINT ["ledgerweb"]
