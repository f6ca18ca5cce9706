create table notes (at text not null, body text not null);
