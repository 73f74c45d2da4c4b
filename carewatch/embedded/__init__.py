"""The broker and the database that carewatch brings along, as child processes."""
