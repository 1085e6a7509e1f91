"""Image sets as people really have them: a maker for each, and the right value beside it.

Every picture has a number, by which tests know it again: `right` lists the numbers that each class
must get, in order, or the line in which the set must be refused.
"""

import hashlib
import json
import os
import socket
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from unicodedata import normalize

import datasets
import pyarrow as pa
import pyarrow.parquet as pq
from encoding import encode, noise

from synthgap.classes import Category
from synthgap.image_sets.class_folders import ClassFolders
from synthgap.image_sets.listed_files import ListedFiles
from synthgap.image_sets.parquet_files import ParquetFiles
from synthgap.image_sets.sets import ImageSet

CRANE = Category(class_id="crane", name="crane", folder=normalize("NFC", "Kräne"))
OWL = Category(class_id="owl", name="owl")
CLASSES = (CRANE, OWL)

IMAGE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])


def picture(number: int) -> bytes:
    return encode(noise(8, 6, seed=number))


NUMBERS = {hashlib.sha256(picture(number)).hexdigest(): number for number in range(64)}
"""The number of each picture by the hash of its file."""


class Right(NamedTuple):
    """What a set must come to."""

    crane: Sequence[int] = ()
    owl: Sequence[int] = ()
    aside: Mapping[str, str] = {}
    """What is put aside by the end of its path, with the reason."""


class Refused(NamedTuple):
    """A set that is refused in one line."""

    parts: tuple[str, ...]
    """What the line says."""
    by_job: bool = False
    """Whether only a job can find it."""


def refused(*parts: str) -> Refused:
    return Refused(parts)


def refused_by_job(*parts: str) -> Refused:
    return Refused(parts, by_job=True)


class SetCase(NamedTuple):
    name: str
    make: Callable[[Path], ImageSet]
    """Makes the set in an empty folder, which is the working directory."""
    right: Right | Refused


def put(*files: tuple[str, int]) -> None:
    """Write pictures to files."""
    for name, number in files:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_bytes(picture(number))


def folders(*files: tuple[str, int], **keys: Any) -> ImageSet:
    put(*files)
    return ClassFolders(kind="folder", images="photos", **keys)


BOTH = (("photos/Kräne/1.png", 1), ("photos/owl/2.png", 2))
"""One picture of each class, in class folders."""


def beside(make: Callable[[], object]) -> Callable[[Path], ImageSet]:
    """The two pictures, and something else."""

    def made(folder: Path) -> ImageSet:
        image_set = folders(*BOTH)
        make()
        return image_set

    return made


def unix_socket() -> None:
    # A socket's path must be short.
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("photos/owl/s.png")


def circle() -> None:
    Path("photos/owl/a.png").symlink_to("b.png")
    Path("photos/owl/b.png").symlink_to("a.png")
    Path("photos/owl/up").symlink_to("..")


def many(folder: Path) -> ImageSet:
    return folders(("photos/Kräne/1.png", 1), *((f"photos/owl/{n:02}.png", n) for n in range(40)))


def in_the_form(form: Any) -> Callable[[Path], ImageSet]:
    """Folder and file names as a disk has them that came from elsewhere."""

    def made(folder: Path) -> ImageSet:
        return folders((normalize(form, "photos/Kräne/größe.png"), 1), ("photos/owl/2.png", 2))

    return made


def both_forms(folder: Path) -> ImageSet:
    return folders(
        (normalize("NFC", "photos/Kräne/1.png"), 1),
        (normalize("NFD", "photos/Kräne/9.png"), 9),
        ("photos/owl/2.png", 2),
    )


FOLDER_CASES = [
    SetCase("plain", beside(lambda: None), Right([1], [2])),
    SetCase("names on disk composed", in_the_form("NFC"), Right([1], [2])),
    SetCase("names on disk decomposed", in_the_form("NFD"), Right([1], [2])),
    SetCase("both forms beside each other", both_forms, Right([1], [2])),
    SetCase("sizes that differ", many, Right([1], range(40))),
    SetCase("capital suffix", beside(lambda: put(("photos/owl/A.JPG", 3))), Right([1], [2, 3])),
    SetCase(
        "suffix of another format",
        beside(lambda: put(("photos/owl/3.webp", 3))),
        Right([1], [2, 3]),
    ),
    SetCase(
        "suffix of no image",
        beside(lambda: put(("photos/owl/3.dat", 3), ("photos/owl/4", 4))),
        Right(
            [1],
            [2],
            {"3.dat": "no image by its name, which ends in .dat", "4": "no image by its name"},
        ),
    ),
    SetCase(
        "hidden",
        beside(lambda: put(("photos/owl/.3.png", 3))),
        Right([1], [2], {".3.png": "hidden"}),
    ),
    SetCase(
        "nested",
        beside(lambda: put(("photos/owl/more/3.png", 3))),
        Right([1], [2], {"more": "a folder inside the class's folder"}),
    ),
    SetCase(
        "links to nothing",
        beside(lambda: Path("photos/owl/3.png").symlink_to("nowhere")),
        Right([1], [2], {"3.png": "a link to nothing"}),
    ),
    SetCase(
        "links in a circle",
        beside(circle),
        Right(
            [1],
            [2],
            {
                "a.png": "a link that leads in a circle",
                "b.png": "a link that leads in a circle",
                "up": "a folder inside the class's folder",
            },
        ),
    ),
    SetCase(
        "a link to a picture",
        beside(lambda: Path("photos/owl/3.png").symlink_to("../Kräne/1.png")),
        Right([1], [2, 1]),
    ),
    SetCase(
        "a pipe",
        beside(lambda: os.mkfifo("photos/owl/3.png")),
        Right([1], [2], {"3.png": "not a file"}),
    ),
    SetCase("a socket", beside(unix_socket), Right([1], [2], {"s.png": "not a file"})),
    SetCase(
        "a device that never ends",
        beside(lambda: Path("photos/owl/3.png").symlink_to("/dev/zero")),
        Right([1], [2], {"3.png": "not a file"}),
    ),
    SetCase(
        "a class folder that is a link",
        beside(
            lambda: (Path("photos/owl").rename("birds"), Path("photos/owl").symlink_to("../birds"))
        ),
        Right([1], [2]),
    ),
    SetCase(
        "no class folder",
        lambda folder: folders(("photos/heron/1.png", 1)),
        refused("no folder Kräne, owl in photos; each class needs one"),
    ),
    SetCase(
        "a class folder that is a file",
        lambda folder: folders(("photos/Kräne/1.png", 1), ("photos/owl", 1)),
        refused("no folder owl in photos; each class needs one"),
    ),
    SetCase(
        "a class folder that is a link in a circle",
        lambda folder: (
            folders(("photos/Kräne/1.png", 1)),
            Path("photos/owl").symlink_to("owl"),
        )[0],
        refused("no folder owl in photos; each class needs one"),
    ),
    SetCase(
        "no folder",
        lambda folder: ClassFolders(kind="folder", images="photos"),
        refused("no folder photos"),
    ),
]


def table(text: str | bytes, **keys: Any) -> Callable[[Path], ImageSet]:
    """The two pictures, and a table that lists them."""

    def made(folder: Path) -> ImageSet:
        put(*BOTH, ("elsewhere/3.png", 3))
        filled = text.replace("{here}", str(folder)) if isinstance(text, str) else text
        Path("photos/list.csv").write_bytes(filled.encode() if isinstance(filled, str) else filled)
        return ListedFiles(kind="table", table="photos/list.csv", **keys)

    return made


LISTED = "class_id,file\ncrane,Kräne/1.png\nowl,owl/2.png\n"

TABLE_CASES = [
    SetCase("plain", table(LISTED), Right([1], [2])),
    SetCase("byte order mark", table(b"\xef\xbb\xbf" + LISTED.encode()), Right([1], [2])),
    SetCase("semicolons", table(LISTED.replace(",", ";")), Right([1], [2])),
    SetCase("tabs", table(LISTED.replace(",", "\t")), Right([1], [2])),
    SetCase("lines of Windows", table(LISTED.replace("\n", "\r\n")), Right([1], [2])),
    SetCase("spaces in the header", table(LISTED.replace(",f", " , f", 1)), Right([1], [2])),
    SetCase("empty lines", table(LISTED.replace("\n", "\n\n")), Right([1], [2])),
    SetCase("no line end at the end", table(LISTED.strip()), Right([1], [2])),
    SetCase("duplicate rows", table(LISTED + "owl,owl/2.png\n"), Right([1], [2, 2])),
    SetCase("absolute paths", table(LISTED + "owl,{here}/elsewhere/3.png\n"), Right([1], [2, 3])),
    SetCase("paths that climb", table(LISTED + "owl,../elsewhere/3.png\n"), Right([1], [2, 3])),
    SetCase("names in the other form", table(normalize("NFD", LISTED)), Right([1], [2])),
    SetCase("another folder", table(LISTED, folder="photos"), Right([1], [2])),
    SetCase(
        "quotes",
        table(
            'class_id,file,prompt\n"crane","Kräne/1.png","a ""crane"",\nat dawn"\nowl,owl/2.png,\n'
        ),
        Right([1], [2]),
    ),
    SetCase(
        "quotes around every cell",
        table('"class_id","file"\n"crane","Kräne/1.png"\n"owl","owl/2.png"\n'),
        Right([1], [2]),
    ),
    SetCase(
        "a class of no study",
        table(LISTED + "kite,kite/1.png\n"),
        Right([1], [2]),
    ),
    SetCase(
        "a missing file",
        table(LISTED + "owl,owl/9.png\n"),
        Right([1], [2], {"owl/9.png": "no such file"}),
    ),
    SetCase(
        "a folder for a file", table(LISTED + "owl,.\n"), Right([1], [2], {"photos": "not a file"})
    ),
    SetCase(
        "a stretch that only the project writes",
        table(
            LISTED + f"owl,owl/2.png#offset={'9' * 40}&length=10\nowl,owl/2.png#row=1&column=x\n"
        ),
        Right(
            [1],
            [2],
            {
                f"owl/2.png#offset={'9' * 40}&length=10": "no such file",
                "owl/2.png#row=1&column=x#file": "no such file",
            },
        ),
    ),
    SetCase(
        "a stretch of memory that nobody has",
        table(LISTED + "owl,owl/2.png#offset=0&length=99999999999999\n"),
        Right([1], [2], {"owl/2.png#offset=0&length=99999999999999#file": "no such file"}),
    ),
    SetCase(
        "a device that never ends",
        table(LISTED + "owl,/dev/zero\n"),
        Right([1], [2], {"/dev/zero": "not a file"}),
    ),
    SetCase("no rows", table("class_id,file\n"), refused("photos/list.csv: has no rows")),
    SetCase("nothing", table(""), refused("no column class_id", "found are none")),
    SetCase(
        "missing column",
        table("class_id;name\nowl;owl/2.png\n"),
        refused("no column file; needed are class_id, file, found are class_id, name"),
    ),
    SetCase(
        "a column twice",
        table("class_id,file,file\nowl,a,b\n"),
        refused("photos/list.csv: two columns are called file; keep one"),
    ),
    SetCase(
        "latin-1",
        table(LISTED.encode("latin-1")),
        refused("photos/list.csv: not UTF-8 text; save it as UTF-8"),
    ),
    SetCase("UTF-16", table(LISTED.encode("utf-16")), refused("save it as UTF-8")),
    SetCase("null characters", table(LISTED + "owl,\0\n"), refused("not text; save it as CSV")),
    SetCase(
        "too many cells",
        table(LISTED + "owl,owl/2,png\n"),
        refused("line 4: 3 cells under a header of 2; put cells that hold a , in double quotes"),
    ),
    SetCase(
        "too few cells", table(LISTED + "owl\n"), refused("line 4: no file; give each row one")
    ),
    SetCase("an empty cell", table(LISTED + " ,owl/2.png\n"), refused("line 4: no class_id")),
    SetCase("a quote that never ends", table(LISTED + 'owl,"a\nb\n'), refused("line 5: not CSV")),
    SetCase(
        "a class without files",
        table("class_id,file\nowl,owl/2.png\nkite,3.png\n"),
        refused("photos/list.csv: lists no file of the class crane; it has owl, kite"),
    ),
    SetCase(
        "a wrong folder",
        table(LISTED, folder="elsewhere"),
        refused("there is no file elsewhere/Kräne/1.png, which is the first of the class crane"),
    ),
]

NAMES = ("owl", "Kräne")
"""What the numbers 0 and 1 of a file mean where nothing else is said."""


def shard(
    path: str,
    *rows: tuple[int | str, Any],
    names: Sequence[str] | None = NAMES,
    image: str | None = "Image",
    prompts: Sequence[Any] | None = None,
    kinds: Mapping[str, pa.DataType] = {},
    **layout: Any,
) -> None:
    """Write a Parquet file as the library `datasets` does.

    Args:
        path: where to.
        rows: label and number of the picture, or the cell of its image.
        names: what its numbers mean, in its metadata; None writes none.
        image: what the metadata say of the images.
        prompts: a column of that name.
        kinds: types of columns.
        layout: of the file.
    """
    cells = [
        {"bytes": picture(cell), "path": f"{cell}.png"} if isinstance(cell, int) else cell
        for _, cell in rows
    ]
    columns = {
        "image": pa.array(cells, kinds.get("image", IMAGE)),
        "label": pa.array([label for label, _ in rows], kinds.get("label")),
    }
    if prompts is not None:
        columns["prompt"] = pa.array(prompts)
    features = {
        "image": {"_type": image},
        "label": {"names": list(names or ()), "_type": "ClassLabel"},
    }
    said = {"huggingface": json.dumps({"info": {"features": features}})} if names else None
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    layout = {"compression": "none", "use_dictionary": False, **layout}
    pq.write_table(pa.table(columns).replace_schema_metadata(said), path, **layout)


def parquet(
    *shards: Callable[[], object], files: str = "data/*.parquet", **keys: Any
) -> Callable[[Path], ImageSet]:
    """A set of Parquet files, each written by a call."""

    def made(folder: Path) -> ImageSet:
        Path("data").mkdir()
        for make in shards:
            make()
        return ParquetFiles(kind="parquet", files=files, **keys)

    return made


def with_features(folder: Path) -> ImageSet:
    """Two files that `datasets` itself writes, each with its own order of names."""
    for number, names in enumerate((("Kräne", "owl"), ("owl", "Kräne"))):
        features = datasets.Features(
            {"image": datasets.Image(), "label": datasets.ClassLabel(names=list(names))}
        )
        cells = [{"bytes": picture(2 * number + label), "path": None} for label in (0, 1)]
        rows = {"image": cells, "label": [0, 1]}
        data = datasets.Dataset.from_dict(rows, features=features)
        data.to_parquet(f"data-{number}.parquet")
    return ParquetFiles(kind="parquet", files="data-*.parquet")


def named(path: str | None) -> dict[str, Any]:
    """An image that is a file."""
    return {"bytes": None, "path": path}


def pictures_beside() -> None:
    put(("files/1.png", 1), ("files/2.png", 2))


def damage(path: str, place: int) -> None:
    content = bytearray(Path(path).read_bytes())
    content[place : place + 40] = bytes(40)
    Path(path).write_bytes(content)


def column_place(path: str, column: str) -> int:
    """Where the values of a column begin, behind the header of their page."""
    group = pq.read_metadata(path).row_group(0)
    for number in range(group.num_columns):
        if group.column(number).path_in_schema == column:
            return int(group.column(number).data_page_offset)
    raise KeyError(column)


def lines(path: str, text: str) -> None:
    Path(path).write_text(text)


def one() -> None:
    shard("data/a.parquet", (1, 1), (0, 2))


def bare() -> None:
    shard("data/b.parquet", (1, 3), (0, 4), names=None)


LARGE = {
    "image": pa.struct([("path", pa.large_string()), ("bytes", pa.large_binary())]),
    "label": pa.dictionary(pa.int8(), pa.large_string()),
}
NO_PATHS = [{"bytes": picture(3)}, {"bytes": picture(4)}]

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
        parquet(one, lambda: shard("data/b.parquet", ("crane", 3), ("owl", 4), names=None)),
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
            lambda: shard("data/a.parquet", ("owl", 2), ("crane", 1), names=None, kinds=LARGE),
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
                "data/b.parquet#row=0&column=image#file": "no such file",
                "data/a.parquet#offset=4&length=9#file": "no such file",
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
