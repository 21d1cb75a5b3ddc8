"""What several modules of this folder share: one running product for the whole run of a test process."""

from collections.abc import Iterator

import pytest

from tests import command_line


@pytest.fixture(scope="session")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[command_line.Product]:
    """The product as `make run` starts it."""
    with command_line.product(tmp_path_factory.mktemp("product") / "data") as found:
        yield found
