"""Tables of files as people really have them; see `tests.cases.sets`."""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from unicodedata import normalize

from synthgap.image_sets.listed_files import ListedFiles
from synthgap.image_sets.sets import ImageSet
from tests.cases.sets import BOTH, Right, SetCase, put, refused


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
                "owl/2.png#row=1&column=x": "no such file",
            },
        ),
    ),
    SetCase(
        "a stretch of memory that nobody has",
        table(LISTED + "owl,owl/2.png#offset=0&length=99999999999999\n"),
        Right([1], [2], {"owl/2.png#offset=0&length=99999999999999": "no such file"}),
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
