# Its packages may be those of the user whom the base starts as, and are not found by another one.
FROM registry.example/team/python:3
COPY . .
CMD ["python", "app.py"]
