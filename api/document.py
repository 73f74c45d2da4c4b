"""The OpenAPI document, printed: ``python -m api.document``. No database is asked."""

import json
import sys

from psycopg_pool import ConnectionPool

from api.app import create_app
from domain.time import SystemClock


def document() -> str:
    """As it is kept for the console, from which the types of its calls are made."""
    app = create_app(ConnectionPool(open=False), SystemClock())
    return json.dumps(app.openapi(), indent=1, sort_keys=True, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(document())
