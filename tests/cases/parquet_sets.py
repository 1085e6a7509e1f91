"""Image sets inside Parquet files as people really have them; see `tests.cases.sets`."""

import os
from pathlib import Path
from unicodedata import normalize

import pyarrow as pa
import pyarrow.parquet as pq

from tests.cases.sets import Right, SetCase, refused, refused_by_job
from tests.cases.shards import (
    LARGE,
    NAMES,
    NO_PATHS,
    bare,
    column_place,
    damage,
    lines,
    named,
    one,
    parquet,
    pictures_beside,
    shard,
    with_features,
)

PARQUET_CASES = [
    SetCase("plain", parquet(one), Right([1], [2])),
    SetCase("two orders of names, by datasets itself", with_features, Right([0, 3], [1, 2])),
    SetCase(
        "two orders of names",
        parquet(one, lambda: shard("data/b.parquet", (1, 3), (0, 4), names=NAMES[::-1])),
        Right([1, 4], [2, 3]),
    ),
    SetCase(
        "a class that some files do not know",
        parquet(
            lambda: shard("data/a.parquet", (0, 2), names=("owl",)),
            lambda: shard("data/b.parquet", (0, 5), (2, 1), names=("kite", "owl", "Kräne")),
        ),
        Right([1], [2]),
    ),
    SetCase(
        "a class that no file knows",
        parquet(
            lambda: shard("data/a.parquet", (0, 2), names=("owl",)),
            lambda: shard("data/b.parquet", (0, 5), names=("kite",)),
        ),
        refused("the labels of data/a.parquet and 1 more: there is no class Kräne"),
    ),
    SetCase(
        "numbers here and texts there",
        parquet(one, lambda: shard("data/b.parquet", ("Kräne", 3), ("owl", 4), names=None)),
        Right([1, 3], [2, 4]),
    ),
    SetCase(
        "numbers that one file does not explain",
        parquet(one, bare),
        refused(
            "data/b.parquet: the column label holds numbers and does not say what they mean, as "
            "data/a.parquet does; name as `labels` a CSV file"
        ),
    ),
    SetCase(
        "no metadata of Hugging Face",
        parquet(bare),
        refused("data/b.parquet: the column label holds numbers; name as `labels` a CSV file"),
    ),
    SetCase(
        "no metadata of Hugging Face, and texts",
        parquet(lambda: shard("data/a.parquet", ("crane", 1), ("owl", 2), names=None)),
        Right([1], [2]),
    ),
    SetCase(
        "a list of what numbers mean",
        parquet(bare, lambda: lines("n.csv", "x;class_id\n1;owl\n2;crane\n"), labels="n.csv"),
        Right([3], [4]),
    ),
    SetCase(
        "a list for files of other orders",
        parquet(
            one,
            lambda: shard("data/b.parquet", (1, 3), (0, 4), names=NAMES[::-1]),
            lambda: lines("n.csv", "class_id\nowl\ncrane\n"),
            labels="n.csv",
        ),
        refused(
            "data/a.parquet and data/b.parquet: their numbers mean different classes, so that "
            "`labels` cannot hold for both"
        ),
    ),
    SetCase(
        "a list for files of one order, which one of them cuts short",
        parquet(
            one,
            lambda: shard("data/b.parquet", (0, 4), names=NAMES[:1]),
            lambda: lines("n.csv", "class_id\nowl\ncrane\n"),
            labels="n.csv",
        ),
        Right([1], [2, 4]),
    ),
    SetCase(
        "labels in the other form of Unicode",
        parquet(
            lambda: shard("data/a.parquet", (0, 1), names=(normalize("NFD", "Kräne"), "owl")),
            lambda: shard("data/b.parquet", ("owl", 2), names=None),
        ),
        Right([1], [2]),
    ),
    SetCase(
        "the names of a class's folder and of its class_id",
        parquet(
            lambda: shard("data/a.parquet", ("crane", 3), ("Kräne", 1), ("owl", 2), names=None)
        ),
        Right([1], [2]),
    ),
    SetCase(
        "a label without a class",
        parquet(one, lambda: shard("data/b.parquet", (0, 3), (-1, 4))),
        refused("data/b.parquet, row 1: its label is -1; labels are 0 to 1"),
    ),
    SetCase(
        "a file without the column of the labels",
        parquet(one, lambda: pq.write_table(pa.table({"image": [1]}), "data/b.parquet")),
        refused("data/b.parquet: has no column label, which data/a.parquet has; name as `label`"),
    ),
    SetCase(
        "a file with other labels",
        parquet(one, lambda: shard("data/b.parquet", (0.5, 3), names=None)),  # type: ignore[arg-type]
        refused("data/b.parquet: the column label holds double; labels are text or whole numbers"),
    ),
    SetCase(
        "a file of sounds",
        parquet(one, lambda: shard("data/b.parquet", (0, 3), image="Audio")),
        refused("data/b.parquet: the column image holds Audio, not images"),
    ),
    SetCase(
        "a column of file names",
        parquet(
            lambda: shard(
                "data/a.parquet", ("owl", "1.png"), names=None, kinds={"image": pa.string()}
            )
        ),
        refused(
            "holds no images (bytes and path); files that are only named are a set of the kind"
        ),
    ),
    SetCase(
        "prompts that are texts in one file alone",
        parquet(
            lambda: shard("data/a.parquet", (0, 1), prompts=["an owl"]),
            lambda: shard("data/b.parquet", (1, 2), prompts=[7]),
        ),
        refused("data/b.parquet: the column prompt holds int64, while data/a.parquet has text"),
    ),
    SetCase(
        "prompts that are something else",
        parquet(lambda: shard("data/a.parquet", (1, 1), (0, 2), prompts=[["a"], ["b"]])),
        Right([1], [2]),
    ),
    SetCase(
        "prompts in one file alone",
        parquet(one, lambda: shard("data/b.parquet", (0, 3), prompts=["an owl"])),
        Right([1], [2, 3]),
    ),
    SetCase(
        "large types, without paths, in another order of fields",
        parquet(
            lambda: shard("data/a.parquet", ("owl", 2), ("Kräne", 1), names=None, kinds=LARGE),
            lambda: shard(
                "data/b.parquet",
                (1, NO_PATHS[0]),
                (0, NO_PATHS[1]),
                kinds={"image": pa.struct([("bytes", pa.binary())]), "label": pa.uint8()},
            ),
        ),
        Right([1, 3], [2, 4]),
    ),
    SetCase(
        "metadata that are no JSON",
        parquet(
            one,
            lambda: pq.write_table(
                pq.read_table("data/a.parquet").replace_schema_metadata({"huggingface": "{no"}),
                "data/b.parquet",
            ),
        ),
        refused("data/b.parquet: the column label holds numbers and does not say"),
    ),
    SetCase(
        "nested folders",
        parquet(
            lambda: shard("data/x/0.parquet", (1, 1), (0, 2)),
            lambda: shard("data/x/y/0.parquet", (1, 3)),
            lambda: shard("data/0.parquet", (0, 4)),
            lambda: Path("data/z.parquet").mkdir(),
            files="data/**/*.parquet",
        ),
        Right([1, 3], [4, 2]),
    ),
    SetCase(
        "many small row groups",
        parquet(
            lambda: shard(
                "data/a.parquet", (1, 1), *((0, number) for number in range(30)), row_group_size=1
            )
        ),
        Right([1], range(30)),
    ),
    SetCase(
        "compressed, in groups",
        parquet(
            lambda: shard(
                "data/a.parquet", (1, 1), (0, 2), (0, 3), row_group_size=2, compression="zstd"
            )
        ),
        Right([1], [2, 3]),
    ),
    SetCase(
        "a file without rows",
        parquet(one, lambda: shard("data/b.parquet", kinds={"label": pa.int64()})),
        Right([1], [2]),
    ),
    SetCase(
        "an empty file",
        parquet(one, lambda: lines("data/b.parquet", "")),
        refused("data/b.parquet: not a readable Parquet file"),
    ),
    SetCase(
        "a corrupt end",
        parquet(one, lambda: damage("data/a.parquet", -120)),
        refused("data/a.parquet: not a readable Parquet file"),
    ),
    SetCase(
        "corrupt labels",
        parquet(
            lambda: shard("data/a.parquet", *((0, number) for number in range(9))),
            lambda: damage("data/a.parquet", column_place("data/a.parquet", "label")),
        ),
        refused("data/a.parquet: its column label cannot be read"),
    ),
    SetCase(
        "corrupt images",
        parquet(
            lambda: shard("data/a.parquet", (1, 1), (0, 2)),
            lambda: damage("data/a.parquet", column_place("data/a.parquet", "image.bytes")),
        ),
        refused_by_job("data/a.parquet: not a readable Parquet table"),
    ),
    SetCase(
        "files that are named",
        parquet(
            pictures_beside,
            lambda: shard("data/a.parquet", (1, named("files/1.png")), (0, named("files/2.png"))),
        ),
        Right([1], [2]),
    ),
    SetCase(
        "files that are named, without statistics and compressed",
        parquet(
            pictures_beside,
            lambda: shard(
                "data/a.parquet",
                (1, named("files/1.png")),
                (0, named("files/2.png")),
                write_statistics=False,
                compression="zstd",
            ),
        ),
        Right([1], [2]),
    ),
    SetCase(
        "files that are named beside others, compressed",
        parquet(
            pictures_beside,
            lambda: shard("data/a.parquet", (1, 1), (0, named("files/2.png")), compression="zstd"),
        ),
        Right([1], [2]),
    ),
    SetCase(
        "files that are named and not there",
        parquet(one, lambda: shard("data/b.parquet", (0, named("b.png")), (0, named(None)))),
        Right(
            [1],
            [2],
            {"b.png": "no such file", "b.parquet#row=1&column=image": "neither bytes nor a path"},
        ),
    ),
    SetCase(
        "a named row that leads to itself, and a stretch",
        parquet(
            one,
            lambda: shard(
                "data/b.parquet",
                (0, named("data/b.parquet#row=0&column=image")),
                (0, named("data/a.parquet#offset=4&length=9")),
            ),
            lambda: shard(
                "data/c.parquet",
                (0, named("data/c.parquet#row=0&column=image")),
                (0, 3),
                compression="zstd",
            ),
        ),
        Right(
            [1],
            [2, 3],
            {
                "data/b.parquet#row=0&column=image": "no such file",
                "data/a.parquet#offset=4&length=9": "no such file",
                "data/c.parquet#row=0&column=image": "no such file",
            },
        ),
    ),
    SetCase(
        "a name that could be a pattern",
        parquet(
            lambda: shard("data/a[b].parquet", (1, 1), (0, 2)),
            lambda: shard("data/ab.parquet", (0, 5)),
            files="data/a[b].parquet",
        ),
        Right([1], [2]),
    ),
    SetCase(
        "a folder whose name could be a pattern",
        parquet(
            lambda: shard("data/[2024] *?/a.parquet", (1, 1), (0, 2)),
            lambda: shard("data/2 x/b.parquet", (0, 5)),
            files="data/[2024] *?/*.parquet",
        ),
        Right([1], [2]),
    ),
    SetCase(
        "a pattern",
        parquet(
            lambda: shard("data/a1.parquet", (1, 1), (0, 2)),
            lambda: shard("data/a3.parquet", (0, 5)),
            files="data/a[12].parquet",
        ),
        Right([1], [2]),
    ),
    SetCase("hidden", parquet(one, lambda: lines("data/.b.parquet", "")), Right([1], [2])),
    SetCase(
        "a folder",
        parquet(one, files="data"),
        refused("data: a folder; name its files, as in data/*.parquet"),
    ),
    SetCase("no file", parquet(), refused("no file matches data/*.parquet")),
    SetCase(
        "a device that never ends",
        parquet(one, lambda: Path("data/b.parquet").symlink_to("/dev/zero")),
        refused("data/b.parquet: cannot be read (not a file)"),
    ),
    SetCase(
        "a pipe",
        parquet(one, lambda: os.mkfifo("data/b.parquet")),
        refused("data/b.parquet: cannot be read (not a file)"),
    ),
    SetCase(
        "a link to nothing",
        parquet(one, lambda: Path("data/b.parquet").symlink_to("nowhere")),
        refused("data/b.parquet: cannot be read (No such file or directory)"),
    ),
    SetCase(
        "a list of numbers that never ends",
        parquet(bare, labels="/dev/zero"),
        refused("/dev/zero: cannot be read (not a file)"),
    ),
]
