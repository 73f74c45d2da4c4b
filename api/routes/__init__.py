"""The calls of the API, a module a noun; each decides nothing and asks `api.access`."""
