"""What every page of the report looks like."""

from collections.abc import Iterable
from pathlib import Path

from synthgap.files import replacing

STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; color: #222; margin: 1.5rem; max-width: 72rem; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; margin: 1rem 0; }
th, td { padding: .35rem .9rem .35rem 0; text-align: left; border-bottom: 1px solid #ddd; }
th { border-bottom: 2px solid #222; vertical-align: bottom; }
td .interval { color: #767676; font-size: 85%; white-space: nowrap; }
th.family { padding-top: 1.4rem; font-size: 110%; }
td.measure { min-width: 17rem; max-width: 24rem; }
td .meaning { color: #555; font-size: 85%; }
div.wide { overflow-x: auto; }
p.note { color: #555; max-width: 48rem; }
"""


def write_page(path: str | Path, parts: Iterable[str]) -> None:
    """Write a page.

    Args:
        path: where to, HTML.
        parts: of its body, as HTML.
    """
    body = "\n".join(parts)
    with replacing(path) as beside:
        beside.write_text(
            "<!doctype html><html lang=en><meta charset=utf-8><title>synthgap</title>"
            f"<style>{STYLE}</style><body>{body}</body></html>\n",
            encoding="utf-8",
        )
