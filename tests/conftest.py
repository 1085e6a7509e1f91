"""What all tests share: which of them go to one process, where two run them."""

import pytest

OF_THE_TINY_STUDY = {"finished", "again", "project", "planned"}


@pytest.hookimpl(tryfirst=True)  # before xdist looks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let one process have all tests of a study, which thus runs once."""
    for item in items:
        if item.path.parent.name in ("workflow", "e2e"):
            tiny = OF_THE_TINY_STUDY & set(getattr(item, "fixturenames", ()))
            item.add_marker(pytest.mark.xdist_group("tiny" if tiny else item.path.stem))
