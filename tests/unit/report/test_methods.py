"""How the numbers came about: the commit against Git itself, and the text for a paper."""

import shutil
import subprocess

import pyarrow as pa
import pytest
from reported import facts

from synthgap import __version__, tables
from synthgap.report.methods import commit_of, methods, origin, text_of


def git(folder, *arguments):
    who = ("-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "commit.gpgsign=false")
    done = subprocess.run(
        ["git", "-C", str(folder), *who, *arguments], check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


@pytest.fixture
def checkout(tmp_path):
    git(tmp_path, "init", "--quiet")
    (tmp_path / "Snakefile").write_text("rule all:\n")
    git(tmp_path, "add", "Snakefile")
    git(tmp_path, "commit", "--quiet", "-m", "first")
    return tmp_path


def test_the_commit_is_gits(checkout):
    commit = commit_of(checkout)
    assert len(commit) == 12
    assert git(checkout, "rev-parse", "HEAD").startswith(commit)


def test_a_changed_file_is_said_and_one_that_git_does_not_know_is_not(checkout):
    commit = commit_of(checkout)
    (checkout / "results").mkdir()
    (checkout / "results/new.txt").touch()
    assert commit_of(checkout) == commit
    (checkout / "Snakefile").write_text("rule any:\n")
    assert commit_of(checkout) == f"{commit}+"


def test_a_folder_that_is_no_checkout_has_no_commit(checkout, tmp_path_factory, monkeypatch):
    # Not even that of a checkout around it, which says nothing of an installed package.
    (checkout / "site-packages").mkdir()
    assert commit_of(checkout / "site-packages") is None
    assert commit_of(tmp_path_factory.mktemp("plain")) is None
    empty = tmp_path_factory.mktemp("empty")
    git(empty, "init", "--quiet")
    assert commit_of(empty) is None


def test_without_git_there_is_no_commit(checkout, monkeypatch):
    assert shutil.which("git")
    monkeypatch.setenv("PATH", "/nowhere")
    assert commit_of(checkout) is None


def test_the_text_says_what_was_compared_and_by_what():
    text = text_of(facts(["crane", "owl", "kite"], ["plain", "weak"]), "abc123")
    assert "2 synthetic image sets (plain, weak (guidance 2.5))" in text
    assert "the same 3 classes" in text
    assert f"synthgap {__version__} (commit abc123). All images were embedded with" in text
    assert "embedded with clip" in text
    assert "commit" not in text_of(facts(), None)


def test_what_made_a_table_stands_in_the_table(tmp_path):
    table = tmp_path / "a.parquet"
    metadata = {
        "spec": '{"model":{"repository":"a/b","revision":null},"seeds":[0,1],"fp16":null}',
        "versions": '{"torch":"2.0"}',
        "code": "123",
    }
    tables.write(pa.table({"class_id": ["crane"]}), table, metadata)
    found = origin("images of made", table)
    assert found.spec == "model: repository a/b; seeds: 0, 1; fp16: none"
    assert (found.what, found.versions, found.code) == ("images of made", "torch 2.0", "123")


def test_the_section_shows_names_as_text(tmp_path):
    tables.write(pa.table({"class_id": ["crane"]}), tmp_path / "a.parquet", {"code": "123"})
    study = facts(variants=["<b>"])._replace(text="</pre><script>")
    section = methods(study, {"images of <b>": tmp_path / "a.parquet"}, tmp_path)
    assert "images of &lt;b&gt;" in section
    assert "<script>" not in section
    assert "not run from a checkout of Git" in section
