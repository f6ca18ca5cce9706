import sqlite3

with sqlite3.connect("/data/app.db") as database:
    database.execute("create table if not exists orders (item text)")
    database.execute("create table if not exists migrations (at text default current_timestamp)")
    database.execute("insert into migrations default values")
print("migrated")
