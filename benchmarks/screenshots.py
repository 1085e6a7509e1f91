"""Take the pictures of the report that README.md and docs/READING.md show.

    .venv/bin/python benchmarks/screenshots.py results/report docs/figures

Needs a Chromium of the system.
"""

import argparse
import shutil
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

WAIT = 1200
"""Milliseconds in which charts are drawn."""


def main() -> None:
    parser = argparse.ArgumentParser(description="Take the report's pictures.")
    parser.add_argument("report", type=Path)
    parser.add_argument("folder", type=Path)
    given = parser.parse_args()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.goto((given.report / "index.html").resolve().as_uri())
        page.wait_for_timeout(WAIT)
        page.screenshot(path=given.folder / "report-verdict.png")
        for section in ("variants", "classes", "map"):
            _section(page, section, given.folder / f"report-{section}.png")
        page.locator("a.open-class").evaluate("link => link.click()")
        page.wait_for_timeout(WAIT)
        page.screenshot(path=given.folder / "report-class.png")
        browser.close()
    for picture in given.folder.glob("report-*.png"):
        # A palette is enough for a page, and half of the size.
        Image.open(picture).convert("RGB").quantize(256).save(picture, optimize=True)


def _section(page: Page, section: str, path: Path) -> None:
    page.evaluate("id => document.getElementById(id).scrollIntoView()", section)
    page.wait_for_timeout(WAIT)
    page.screenshot(path=path)


if __name__ == "__main__":
    main()
