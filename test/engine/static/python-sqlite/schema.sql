create table if not exists visit (path text);
