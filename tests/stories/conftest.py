"""Where the stories take place."""

from tests.alerts.conftest import county, directory

__all__ = ["county", "directory"]
