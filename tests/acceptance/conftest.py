"""One running carewatch for all stories that can share it."""

from collections.abc import Iterator

import pytest

from tests.acceptance.instance import Instance, instance


@pytest.fixture(scope="session")
def carewatch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    with instance(tmp_path_factory.mktemp("instance")) as running:
        yield running
