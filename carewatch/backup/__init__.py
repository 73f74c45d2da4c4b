"""Backups: everything that is kept, in one file, written while it runs and put back elsewhere.

A backup is a ZIP file. It holds the rows of every table as PostgreSQL's COPY writes them (text,
one member a part of a table), the few files of the data folder that cannot be made again, and
``manifest.json`` at the end: an interrupted backup has none, and is refused. Rows, not pages and
not a dump of the schema: the tables are made by the migrations of the backup's own level, so
that the same file goes into PostgreSQL of any major version, with TimescaleDB or without.

All parts are read as of one instant, an exported snapshot, each in a short transaction of its
own. So no lock outlives a part, and neither the pump nor whoever drops old partitions waits for
a backup.
"""
