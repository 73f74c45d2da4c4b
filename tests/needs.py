"""What tests run on may be lacking on a machine: then they are skipped, and say how to get it.

``TESTS_NEED`` lists what must be there (``apache``, ``timescale``, ``chromium``): its absence is a
failure. (Its name does not begin with CAREWATCH_: that would make it a setting, and unknown.)
"""

import os
from typing import NoReturn

import pytest

SETTING = "TESTS_NEED"


def lacking(what: str, reason: str) -> NoReturn:
    """Skip, or fail where this must be there."""
    if what in os.environ.get(SETTING, "").split():
        pytest.fail(f"{SETTING} wants {what}, but there is {reason}")
    pytest.skip(reason)
