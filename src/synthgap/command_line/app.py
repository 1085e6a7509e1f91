"""The commands of `synthgap`. Each ends in one line where something is for the user to mend."""

import errno
import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from synthgap.command_line import workflow
from synthgap.errors import HINTS, InputError

app = typer.Typer(
    name="synthgap",
    help=(
        "Measures the gap between synthetic images and the natural ones they stand for, class by "
        "class.\n\nEverything here is plain Snakemake underneath: the commands that run are shown."
    ),
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Natural = Annotated[
    str,
    typer.Argument(
        metavar="PHOTOS",
        help="Natural images: a folder of class folders, a CSV, TSV, JSON Lines or Parquet file, a "
        "pattern of Parquet files, a Hugging Face dataset folder, or a zip of a folder.",
        show_default=False,
    ),
]
Made = Annotated[
    list[str],
    typer.Argument(
        metavar="MADE", help="Synthetic images, likewise; each is a variant.", show_default=False
    ),
]
EncoderOption = Annotated[
    str | None,
    typer.Option(
        "--encoder",
        metavar="FOLDER-OR-REPOSITORY",
        help="Model that embeds images: a folder in Hugging Face layout, or a repository of the "
        "hub, perhaps with @revision. A CLIP of the hub's cache if left out.",
        show_default=False,
    ),
]
StudyOption = Annotated[
    Path,
    typer.Option(
        "--study",
        metavar="FILE",
        help="Study file that is written; results go beside it. It never replaces another study.",
    ),
]
StudyFile = Annotated[
    Path, typer.Argument(metavar="FILE", help="A study file.", show_default=False)
]

REMEDIES = {
    **HINTS,
    errno.EACCES: "make it accessible, or name another file or folder",
    errno.ENAMETOOLONG: "a name may have 255 bytes; give a shorter one",
}
"""What to do about what the system refuses."""

DEFAULT_STUDY = Path("mine.yaml")


@app.command()
def compare(
    photos: Natural,
    made: Made,
    encoder: EncoderOption = None,
    study: StudyOption = DEFAULT_STUDY,
) -> None:
    """Compare image sets: write a study and run it.

    Class folders are matched by name; capitals, blanks, underscores and dashes do not count. Every
    class is measured with the same number of images of each source.

    \b
    Examples:
      synthgap compare photos made
      synthgap compare photos.zip sd15 sdxl --encoder facebook/dinov2-base
      synthgap compare "data/train-*.parquet" made.csv --study birds/birds.yaml
    """
    from synthgap.command_line.answer import answer

    file = _write(photos, made, encoder, study)
    status = workflow.run(workflow.snakemake(file, *workflow.QUIET))
    if status:
        raise typer.Exit(status)
    raise typer.Exit(answer(file))


@app.command()
def init(
    photos: Natural,
    made: Made,
    encoder: EncoderOption = None,
    study: StudyOption = DEFAULT_STUDY,
) -> None:
    """Write the study file of a comparison alone.

    \b
    Example:
      synthgap init photos made --study birds.yaml
    """
    file = _write(photos, made, encoder, study)
    print(f"\nRun it with\n\n$ {shlex.join(workflow.snakemake(file))}")


@app.command()
def check(study: StudyFile) -> None:
    """Check a study file: say in a line what is wrong, or what the study is.

    \b
    Example:
      synthgap check mine.yaml
    """
    from contextlib import chdir

    from synthgap.command_line.study_files import folder_of
    from synthgap.study.checking import said_of

    file = str(study if folder_of(study) == Path() else study.absolute())
    with chdir(folder_of(study)):
        print(said_of(file, shown=str(study)))


@app.command()
def prompts(
    study: StudyFile,
    class_id: Annotated[
        str | None,
        typer.Option(
            "--class",
            metavar="ID",
            help="The class, by its class_id; the first if left out.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Print the prompts of a class in each variant.

    \b
    Examples:
      synthgap prompts config/imagenet-sd15.yaml
      synthgap prompts config/imagenet-sd15.yaml --class n02012849
    """
    from synthgap.command_line.prompts import prompts_of

    print(prompts_of(study, class_id))


@app.command()
def headline(
    results: Annotated[
        str, typer.Argument(metavar="RESULTS", help="Folder of results, or a study file.")
    ] = "results",
) -> None:
    """Print the verdict and the table of a finished study.

    \b
    Examples:
      synthgap headline
      synthgap headline mine.yaml
    """
    from synthgap.command_line.headline import show

    show(results)


def _write(photos: str, made: list[str], encoder: str | None, study: Path) -> Path:
    from synthgap.command_line.comparison import compare as study_of
    from synthgap.command_line.comparison import write

    comparison = study_of(photos, made, encoder, study)
    print(comparison.said)
    new = write(comparison, shlex.join(workflow.snakemake(comparison.file)))
    print(f"\n{'Wrote' if new else 'Goes on with'} {study}")
    return comparison.file


def main() -> None:
    """Run a command; what the user can mend ends in one line."""
    try:
        app()
    except InputError as error:
        from synthgap.command_line.study_text import printable

        # A name that is quoted may hold a line break.
        sys.exit(f"synthgap: {printable(str(error))}")
    except OSError as error:
        from synthgap.command_line.study_text import printable

        sys.exit(f"synthgap: {printable(_of_system(error))}")


def _of_system(error: OSError) -> str:
    """What the system refuses, of which file, and what would be right."""
    where = "" if error.filename is None else f"{error.filename}: "
    remedy = REMEDIES.get(error.errno or 0, "name another file or folder")
    return f"{where}{error.strerror or error}; {remedy}"
