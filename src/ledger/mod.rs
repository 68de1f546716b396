//! The run's memory: one `SQLite` file. The only place with SQL.
