"""Libraries of the page are the files that their table names."""

import hashlib
import re

from synthgap.report.rendering import sources

VENDOR = next(path.parent for path in sources() if path.parent.name == "vendor")


def test_files_have_the_hashes_that_are_written_down():
    table = (VENDOR / "README.md").read_text()
    said = dict(re.findall(r"^\| (\S+\.(?:js|css)) \|.*\| ([0-9a-f]{64}) \|$", table, re.MULTILINE))
    found = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in VENDOR.iterdir()
        if path.suffix in {".js", ".css"}
    }
    assert said == found
    assert len(found) == 3


def test_each_library_has_its_licence_beside_it_and_is_named_on_the_page():
    names = {path.name for path in VENDOR.iterdir()}
    assert {"echarts.LICENSE.txt", "echarts.NOTICE.txt", "tabulator.LICENSE.txt"} <= names
    page = (VENDOR.parent / "templates/index.html.jinja").read_text()
    for path in VENDOR.glob("*.*.min.*"):
        assert f"vendor/{path.name}" in page
