FROM python:3.12
SHELL ["python3", "-c"]
RUN print("built")
CMD ["python3", "-m", "http.server", "8000"]
