"""The report of a large made-up study: its size, and how soon its page can be used.

Chromium opens the page from disk, each time without a cache of its own; the system has the files in
memory after the first time. Nothing of a study runs.
"""

import argparse
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests/unit"))
from fake_study import Size, facts_of, write_inputs

from synthgap.report.folder import write_report

MAP = "SG.map && echarts.getInstanceByDom(SG.at('canvas'))"
"""Is true when the map is drawn."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--classes", type=int, default=1000)
    parser.add_argument("--variants", type=int, default=5)
    parser.add_argument("--images", type=int, default=1300, help="of each class and source")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--report", type=Path, help="one that is there, in place of a made-up one")
    chosen = parser.parse_args()
    size = Size(chosen.classes, chosen.variants, chosen.images, mapped=5)
    with tempfile.TemporaryDirectory() as folder:
        report = chosen.report or written(Path(folder), size)
        with sync_playwright() as started:
            browser = started.chromium.launch(
                executable_path=shutil.which("chromium"), args=["--no-sandbox"]
            )
            rounds = [opened(browser, report) for _ in range(chosen.rounds + 1)][1:]
            browser.close()
    print("\n| what | median | least | most |\n|---|---|---|---|")
    for name in rounds[0]:
        values = [each[name] for each in rounds]
        print(
            f"| {name} | {statistics.median(values):,.0f} | {min(values):,.0f} "
            f"| {max(values):,.0f} |"
        )


def written(folder: Path, size: Size) -> Path:
    """Write the report of a made-up study, and print how long that took and how large it is."""
    facts = facts_of(size)
    inputs = write_inputs(folder, facts, size)
    start = time.perf_counter()
    write_report(folder / "report", facts, inputs, 2)
    seconds = time.perf_counter() - start
    report = folder / "report"
    files = [path for path in report.rglob("*") if path.is_file()]
    print(f"written in {seconds:.0f} s: {len(files):,} files, {megabytes(files)} MB")
    print(f"index.html {megabytes([report / 'index.html'])} MB")
    for part in ("data", "vendor"):
        print(f"{part}/ {megabytes(report.glob(f'{part}/*'))} MB")
    for ending in ("js", "webp"):
        print(f"classes/*.{ending} {megabytes(report.glob(f'classes/*.{ending}'))} MB")
    return report


def megabytes(files: Iterable[Path]) -> str:
    """Of files together."""
    return f"{sum(path.stat().st_size for path in files) / 1e6:.2f}"


def opened(browser: Browser, report: Path) -> dict[str, float]:
    """Milliseconds from opening the page, or from a click, until something is there."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.goto((report / "index.html").as_uri())
    page.wait_for_function("SG.tableReady")
    page.wait_for_function("performance.getEntriesByName('first-contentful-paint').length")
    found = {
        "first paint, ms": page.evaluate(
            "performance.getEntriesByName('first-contentful-paint')[0].startTime"
        ),
        "table of classes can be used, ms": page.evaluate("SG.tableReady"),
    }
    found["a click opens a class, ms"] = page.evaluate(
        "new Promise((then) => { const start = performance.now(); const look = () => "
        "SG.at('class-view').open ? then(performance.now() - start) : requestAnimationFrame(look); "
        "document.querySelector('.tabulator-row button.link').click(); look(); })"
    )
    page.keyboard.press("Escape")
    found["search of one class, ms"] = page.evaluate(
        "(() => { const box = SG.at('class-search'); box.value = 'number 7'; const start = "
        "performance.now(); box.dispatchEvent(new Event('input')); return performance.now() - "
        "start; })()"
    )
    found["map is drawn after scrolling there, ms"] = page.evaluate(
        "new Promise((then) => { const start = performance.now(); const look = () => "
        f"{MAP} ? then(performance.now() - start) : requestAnimationFrame(look); "
        "SG.at('map').scrollIntoView(); look(); })"
    )
    found["points on the map"] = page.evaluate(
        "Object.values(SG.map.sources).reduce((sum, each) => sum + each.x.length, 0)"
    )
    context.close()
    return found


if __name__ == "__main__":
    main()
