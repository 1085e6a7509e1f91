"""Print a study's headline table: `python -m synthgap.summary results`."""

import sys
from pathlib import Path

from synthgap.described import frame
from synthgap.errors import InputError
from synthgap.summary.copied_images import sentences
from synthgap.summary.headline import headline


def main(results: str) -> None:
    """Print the table of each encoder and where the report lies."""
    summary = Path(results) / "summary/variants.parquet"
    if not summary.exists():
        raise InputError(f"{summary}: not made yet; run `make study` first")
    variants = frame(summary)
    for encoder, rows in variants.groupby("encoder", sort=False):
        columns = [[name, *map(str, cells)] for name, cells in headline(rows).items()]
        widths = [max(map(len, column)) for column in columns]
        print(f"\n{encoder}, {rows['n'].min()} images a class measured, [95 % interval]\n")
        for line in zip(*columns, strict=True):
            cells = [cell.ljust(width) for cell, width in zip(line, widths, strict=True)]
            print("  ".join(cells).rstrip())
    copies = summary.with_name("copies.parquet")
    if said := sentences(frame(copies)) if copies.exists() else []:
        print("\nCopies:", *said, sep="\n  ")
    report = Path(results) / "report.zip"
    print(f"\nTables: {summary.parent}")
    if report.exists():
        print(f"Report: {report} (unpack it and open report.html)")


if __name__ == "__main__":
    try:
        main(sys.argv[1] if len(sys.argv) > 1 else "results")
    except InputError as error:
        sys.exit(f"synthgap: {error}")
