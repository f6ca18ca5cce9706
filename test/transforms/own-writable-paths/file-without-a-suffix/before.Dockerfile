FROM example.org/notes:1
CMD ["notes", "--data", "/srv/notes", "--spool-dir", "/srv/spool"]
