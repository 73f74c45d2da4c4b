"""The words that everyone shares: standard library and numpy only, no I/O."""
