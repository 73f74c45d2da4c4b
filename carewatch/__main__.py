"""``python -m carewatch`` is ``carewatch``."""

from carewatch.cli import main

if __name__ == "__main__":
    main()
