"""The page in Chromium: it works, says what the tables say, takes names for text, stays quiet."""

import csv
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from axe_playwright_python.sync_playwright import Axe
from fake_study import HOSTILE, Size, facts_of, write_fake_report, write_inputs
from PIL import Image
from playwright.sync_api import Browser, Page, TimeoutError, sync_playwright

from synthgap.report.folder import write_report
from synthgap.report.sprites import SIDE, small_pictures

pytestmark = pytest.mark.long

WIDTHS = (1280, 390)

SIZE = Size(classes=10, variants=4)

FACTS = facts_of(SIZE)

LARGE = Size(classes=1000, variants=5, images=200, mapped=5)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as started:
        found = started.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        yield found
        found.close()


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_fake_report(tmp_path_factory.mktemp("study"), SIZE)


@contextmanager
def opened(
    browser: Browser, report: Path, address: str = "", width: int = 1280, **options: Any
) -> Iterator[Page]:
    """The page, of which afterwards nothing may have been said, asked or fetched."""
    context = browser.new_context(viewport={"width": width, "height": 900}, **options)
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: said.append(f"error: {error}"))
    page.on("dialog", lambda dialog: said.append(f"dialog: {dialog.message}"))
    page.on("requestfailed", lambda request: said.append(f"failed: {request.url}"))
    page.on(
        "request",
        lambda request: (
            None
            if request.url.startswith(("file:", "data:", "blob:"))
            else said.append(f"fetched: {request.url}")
        ),
    )
    page.goto((report / "index.html").as_uri() + address)
    if options.get("java_script_enabled", True):
        ready(page)
    yield page
    context.close()
    assert said == []


@pytest.fixture
def page(browser: Browser, report: Path) -> Iterator[Page]:
    with opened(browser, report) as found:
        yield found


def ready(page: Page) -> None:
    """Wait for the table of classes, and for the style that lays its rows out once more."""
    page.wait_for_function("SG.tableReady")
    page.wait_for_function("document.querySelector('link[rel=stylesheet]').media === 'all'")
    page.evaluate("new Promise((then) => requestAnimationFrame(() => setTimeout(then, 50)))")


def summary(report: Path, name: str) -> pd.DataFrame:
    return pd.read_parquet(report.parent / f"summary/{name}.parquet")


def address_of(number: int, variant: str = "disamb") -> str:
    return f"#class={FACTS.classes[number].class_id}&variant={variant}"


def titled(page: Page) -> str:
    page.locator("#class-view[open]").wait_for()
    return page.locator("#class-title").text_content() or ""


def opens_a_class(page: Page, act: Callable[[], None]) -> None:
    """Act, and once more where a busy browser laid the table out anew meanwhile and lost it."""
    for _ in range(3):
        act()
        try:
            page.locator("#class-view[open]").wait_for(timeout=10_000)
            return
        except TimeoutError:
            continue


def shown_rows(page: Page) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = page.evaluate("SG.order()")
    return found


def overflow(page: Page) -> int:
    wide: int = page.evaluate(
        "Math.max(0, ...[document.documentElement, document.getElementById('class-view')]"
        ".map((each) => each.scrollWidth - each.clientWidth))"
    )
    return wide


def serious(page: Page) -> list[str]:
    # Without asking for style sheets, which a page from disk may not read.
    found = Axe().run(page, options={"preload": False}).response["violations"]
    return [
        f"{each['id']}: {each['nodes'][0]['html'][:300]}"
        for each in found
        if each["impact"] in ("serious", "critical")
    ]


@pytest.mark.parametrize(
    "key", ["verdict", "variants", "classes", "map", "geometry", "all", "methods"]
)
def test_sections_are_reached_from_the_top(page, key):
    page.click(f'nav a[href="#{key}"]')
    top = f"document.getElementById('{key}').getBoundingClientRect().top"
    page.wait_for_function(f"{top} > -5 && {top} < innerHeight - 50")
    assert "=" not in page.url


def test_parts_with_all_numbers_open(page):
    for part in page.locator("#all > details").all():
        part.locator("summary").first.click()
        assert part.locator("table, p").first.is_visible()
    # The made-up study has a sweep, a variant over which gains are measured, and enough to order.
    assert page.locator("#all > details").count() == 12


def test_a_class_shows_what_to_try_of_it_and_copies_the_command(browser, report):
    found = summary(report, "proposals")
    tried = found[found["command"].notna() & (found["source"] == "disamb")].iloc[0]
    number = FACTS.numbers[tried["class_id"]]
    with opened(
        browser, report, address_of(number), permissions=["clipboard-read", "clipboard-write"]
    ) as page:
        titled(page)
        said = page.locator(".verdicts").inner_text()
        own = found[(found["source"] == "disamb") & (found["class_id"] == tried["class_id"])]
        assert len(own) > 0
        for row in own.to_dict("records"):
            assert row["proposal"] in said
        texts = page.locator(".verdicts pre").all_text_contents()
        assert tried["command"] in texts
        page.get_by_role("button", name="Copy the command").first.click()
        page.get_by_role("button", name="Copied").wait_for()
        assert page.evaluate("navigator.clipboard.readText()") in set(own["command"])


def test_the_verdict_shows_how_many_classes_have_each_defect(page, report):
    causes = summary(report, "causes").set_index(["source", "cause"])
    for line in page.locator(".overview tbody tr:not(.natural)").all():
        source = line.locator("th").inner_text()
        for cause in ("ambiguity", "adherence", "diversity", "concept"):
            counted = causes.loc[(source, cause)]
            expected = f"{counted['suffer']} of {counted['classes']}" if counted["classes"] else "–"
            assert line.locator(f".d-{cause}").inner_text() == expected


def test_the_table_of_classes_starts_with_the_worst_of_each(page, report):
    diagnosis = summary(report, "diagnosis")
    counts = diagnosis.groupby(["source", "class_id"])["suffers"].sum()
    rows = shown_rows(page)
    assert sorted(row["classId"] for row in rows) == sorted(FACTS.class_ids)
    assert [row["count"] for row in rows] == sorted(
        counts.groupby("class_id").max().astype(int), reverse=True
    )


def test_sorting_stands_in_the_address_and_is_kept(page, report):
    page.click(".tabulator-col[tabulator-field=distance] .tabulator-col-title")
    page.select_option("#class-variant", "disamb2.5")
    classes = summary(report, "classes")
    own = classes[classes["source"] == "disamb2.5"].sort_values("centroid_distance")
    assert [row["classId"] for row in shown_rows(page)] == list(own["class_id"])
    page.locator(".tabulator-col[tabulator-field=distance]").press("Enter")
    page.reload()
    ready(page)
    assert [row["classId"] for row in shown_rows(page)] == list(own["class_id"])[::-1]
    assert page.input_value("#class-variant") == "disamb2.5"


def test_filters_and_search_are_kept(page, report):
    diagnosis = summary(report, "diagnosis").set_index(["source", "cause", "class_id"])["suffers"]
    suffering = diagnosis.sort_index()["classname", "diversity"].astype(bool)
    page.select_option("#class-variant", "classname")
    page.select_option("#class-defect", label="≡ too alike")
    assert {row["classId"] for row in shown_rows(page)} == set(suffering[suffering].index)
    page.select_option("#class-defect", "")
    page.fill("#class-search", "CLASS NUMBER")
    page.reload()
    ready(page)
    assert {row["name"] for row in shown_rows(page)} == {"class number 0", "class number 1"}
    assert page.locator("#class-count").inner_text() == "2 shown"
    page.fill("#class-search", "nothing is called so")
    assert page.locator("#class-table").get_by_text("No class fits.").is_visible()


def test_a_measure_and_a_pair_can_be_chosen(page, report):
    page.select_option("#measure", "knn_accuracy")
    page.reload()
    ready(page)
    assert page.input_value("#measure") == "knn_accuracy"
    page.select_option("#one", "classname")
    page.select_option("#other", "natural-train")
    differences = summary(report, "differences").set_index(["source", "other", "measure"])
    found = differences.loc[("natural-train", "classname", "knn_accuracy")]
    row = page.locator("#pairs tbody tr", has=page.get_by_text("5-NN accuracy", exact=True))
    shown = row.locator("td").nth(1).inner_text().replace("−", "-")
    assert float(shown) == pytest.approx(found["difference"], rel=0.01)
    decided = [
        text != "not decided" for text in page.locator("#pairs td:last-child").all_inner_texts()
    ]
    assert decided == sorted(decided, reverse=True)
    both = found["difference_low"] > 0 or found["difference_high"] < 0
    assert (row.locator("td").nth(3).inner_text() != "not decided") == both


def test_curves_and_frontier_of_a_class_can_be_chosen(page, report):
    page.locator("#guidance > summary").click()
    page.wait_for_function("SG.guidance && echarts.getInstanceByDom(SG.at('guidance-frontier'))")
    number = 9
    page.select_option("#guidance-class", str(number))
    rows = summary(report, "frontier")
    own = rows[rows["class_id"] == FACTS.classes[number].class_id]
    assert len(own) == 3
    said = page.locator("#guidance-curves").get_attribute("aria-label") or ""
    for row in own.to_dict("records"):
        assert f"at {row['guidance_scale']:g} adherence {row['adherence']:.3f}" in said
    joined, dots = page.evaluate(
        "echarts.getInstanceByDom(SG.at('guidance-frontier')).getOption().series.map((each) => "
        "each.data.length)"
    )
    assert (joined, dots) == (own["on_frontier"].sum(), len(own))
    chosen = summary(report, "guidance")
    of_class = chosen[chosen["class_id"] == FACTS.classes[number].class_id]
    text = page.locator("#guidance-said").text_content() or ""
    for row in of_class.to_dict("records"):
        assert f"chooses {row['scale']:g}" in text


def gains_opened(page: Page) -> None:
    page.locator("#gains > summary").click()
    page.locator("#gains-table .tabulator-row").first.wait_for()


@pytest.mark.parametrize("width", WIDTHS)
def test_gains_of_single_classes_are_those_of_the_table(browser, report, width):
    table = summary(report, "class_gains")
    own = table[table["measure"] == "knn_accuracy"].set_index(["class_id", "variant"])
    variants = list(own.groupby("variant")["gain"].mean().sort_values(ascending=False).index)
    with opened(browser, report, width=width) as page:
        gains_opened(page)
        page.select_option("#gains-kind", label="5-NN accuracy over classname")
        page.locator("#gains-table .tabulator-row").nth(9).wait_for()
        for place, category in enumerate(FACTS.classes):
            row = page.locator("#gains-table .tabulator-row").nth(place)
            assert row.locator("button.link").text_content() == category.name
            for cell, variant in zip(row.locator("button.gain").all(), variants, strict=True):
                found = own.loc[category.class_id, variant]
                shown = float((cell.text_content() or "").replace("−", "-"))
                assert shown == pytest.approx(found["gain"], abs=0.0051)
                assert ("found" in (cell.get_attribute("class") or "")) == found["found"]
        page.locator("#gains-table button.gain").first.click()
        said = page.locator("#gains-said").inner_text()
        first = own.loc[FACTS.classes[0].class_id, variants[0]]
        assert f"{variants[0]} over classname" in said
        assert f"{first['gain_high']:+.3f}" in said.replace("−", "-")


def test_gains_are_sorted_searched_and_kept_to_what_is_found(page, report):
    gains_opened(page)
    table = summary(report, "class_gains")
    own = table[(table["measure"] == "top1") & (table["variant"] == "disamb")]
    page.locator("#gains-table .tabulator-col", has_text=re.compile("^disamb$")).click()
    names = page.locator("#gains-table .tabulator-row button.link").all_text_contents()
    assert names == list(own.sort_values("gain", ascending=False)["name"])
    found = table[(table["measure"] == "top1") & table["found"]]
    page.select_option("#gains-shown", "found")
    names = page.locator("#gains-table .tabulator-row button.link").all_text_contents()
    assert set(names) == set(found["name"])
    assert names
    page.select_option("#gains-shown", "all")
    page.fill("#gains-search", "CLASS NUMBER 1")
    assert page.locator("#gains-table .tabulator-row").count() == 1
    page.locator("#gains-table button.link").click()
    assert titled(page) == "class number 1"


def test_tables_of_numbers_sort_by_their_headings(page):
    heading = page.locator("#verdict table.sortable th", has_text="centroid distance")
    heading.click()
    values = page.locator("#verdict table.sortable td:nth-child(3)").all_inner_texts()
    numbers = [float(text.split()[0]) for text in values]
    assert numbers == sorted(numbers)
    heading.press("Enter")
    values = page.locator("#verdict table.sortable td:nth-child(3)").all_inner_texts()
    assert [float(text.split()[0]) for text in values] == numbers[::-1]


def test_a_row_opens_its_class_and_keys_lead_on(page):
    order = [row["name"] for row in shown_rows(page)]
    opens_a_class(page, page.locator(".tabulator-row").nth(1).click)
    assert titled(page) == order[1]
    for expected in (order[2], order[3]):
        page.keyboard.press("ArrowRight")
        page.wait_for_function(
            "(name) => document.getElementById('class-title').textContent === name", arg=expected
        )
    for expected in (order[2], order[1], order[0], order[-1]):
        page.keyboard.press("ArrowLeft")
        page.wait_for_function(
            "(name) => document.getElementById('class-title').textContent === name", arg=expected
        )
    page.keyboard.press("Escape")
    page.locator("#class-view").wait_for(state="hidden")
    # The dialog says that it closed after it is hidden.
    page.wait_for_function("() => !location.hash.includes('class=')")


def test_the_keyboard_alone_opens_and_closes_a_class(page):
    button = page.locator(".tabulator-row button.link").first
    opens_a_class(page, lambda: button.press("Enter"))
    assert titled(page) == shown_rows(page)[0]["name"]
    page.get_by_role("button", name="close", exact=True).press("Enter")
    page.locator("#class-view").wait_for(state="hidden")


def test_an_address_opens_its_class(browser, report):
    with opened(browser, report, address_of(9, "promptaug")) as page:
        assert titled(page) == FACTS.classes[9].name
        assert page.input_value("#view-variant") == "promptaug"
        page.select_option("#view-variant", "disamb2.5")
        page.wait_for_function("() => location.hash.includes('variant=disamb2.5')")
        page.evaluate("(to) => { location.hash = to; }", address_of(8))
        page.wait_for_function(
            "(name) => document.getElementById('class-title')?.textContent === name",
            arg=FACTS.classes[8].name,
        )


@pytest.mark.parametrize("address", ["#class=none-such", "#variant=disamb", "#a=b", "#classes"])
def test_an_address_that_says_nothing_opens_nothing(browser, report, address):
    with opened(browser, report, address) as page:
        assert not page.locator("#class-view").is_visible()


def test_views_show_the_images_that_they_name(browser, report):
    places = pd.read_parquet(report.parent / "positions/disamb.parquet")
    own = places[places["class_id"] == FACTS.classes[9].class_id]
    far = own.sort_values("to_natural", ascending=False)
    expected = {
        "drawn": list(own["index"][:16]),
        "typical": list(own.sort_values("to_own")["index"][:16]),
        "far": list(far["index"][:16]),
        "taken": list(far[far["taken"]]["index"][:16]),
    }
    with opened(browser, report, address_of(9)) as page:
        titled(page)
        for view, indices in expected.items():
            page.select_option("#view-kind", view)
            buttons = page.locator(".pair > div").nth(1).locator("button")
            texts = [button.get_attribute("title") or "" for button in buttons.all()]
            assert [int(re.findall(r"image (\d+)", text)[0]) for text in texts] == indices
        assert all("nearest to its own" not in text for text in texts)
        page.reload()
        titled(page)
        assert page.input_value("#view-kind") == "taken"
        buttons.first.click()
        said = page.locator("#class-view [role=status]").inner_text()
        assert f"image {indices[0]}" in said
        assert f"seed {2**62 + int(indices[0])}" in said
        assert "<i>something</i>" in said


def test_a_picture_is_that_of_its_row(browser, report):
    with opened(browser, report, address_of(7) + "&view=far") as page:
        titled(page)
        button = page.locator(".pair > div").nth(1).locator("button").nth(3)
        style = button.evaluate(
            "(each) => [each.style.backgroundImage, each.style.backgroundPosition]"
        )
        index = int(re.findall(r"image (\d+)", button.get_attribute("title") or "")[0])
    sprite = Image.open(report / re.findall(r'"(.+)"', style[0])[0]).convert("RGB")
    left, top = (-int(float(each.removesuffix("px"))) for each in style[1].split())
    cut = np.asarray(sprite.crop((left, top, left + SIDE, top + SIDE)), float)
    # As the made-up study deals its image tables out: class 7 of the second variant.
    (whole,) = small_pictures(report.parent / f"images/{(7 + 5 * 2) % 6}.parquet", [index])
    assert np.abs(cut - np.asarray(whole, float)).mean() < 12


def test_the_csv_has_all_rows_and_no_formula(page, tmp_path):
    page.fill("#class-search", "class number")
    with page.expect_download() as waiting:
        page.click("#class-csv")
    waiting.value.save_as(tmp_path / "classes.csv")
    with open(tmp_path / "classes.csv", encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == SIZE.classes * SIZE.variants
    assert {row["class_id"] for row in rows} == set(FACTS.class_ids)
    named = {row["class"] for row in rows}
    assert "'=1+1" in named
    assert not any(
        cell.lstrip().startswith(("=", "+", "@")) for row in rows for cell in row.values()
    )
    assert named - {"'=1+1"} == {each.name for each in FACTS.classes} - {"=1+1"}


def test_a_lasso_shows_its_images(page, report):
    page.click('nav a[href="#map"]')
    page.wait_for_function("SG.map && echarts.getInstanceByDom(SG.at('canvas'))")
    page.locator("#canvas").scroll_into_view_if_needed()
    page.evaluate(
        "echarts.getInstanceByDom(SG.at('canvas')).dispatchAction({ type: 'takeGlobalCursor', "
        "key: 'brush', brushOption: { brushType: 'polygon', brushMode: 'single' } })"
    )
    box = page.locator("#canvas").bounding_box()
    assert box is not None
    corners = [(0.1, 0.1), (0.97, 0.1), (0.97, 0.9), (0.06, 0.9), (0.06, 0.1)]
    at = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in corners]
    page.mouse.move(*at[0])
    page.mouse.down()
    for place in at[1:]:
        page.mouse.move(*place, steps=8)
    page.mouse.up()
    page.locator("#lassoed button").first.wait_for()
    assert page.locator("#lassoed button").count() == 60
    counted = re.match(r"([\d,]+) images in the lasso", page.locator("#map-count").inner_text())
    assert counted is not None
    # Of the natural images and one variant's.
    assert 60 < int(counted[1].replace(",", "")) <= 2 * SIZE.classes * SIZE.images
    page.locator("#lassoed button").last.click()
    assert titled(page) in {each.name for each in FACTS.classes}


def test_the_map_draws_what_the_projection_has(page, report):
    page.click('nav a[href="#map"]')
    page.wait_for_function("SG.map && echarts.getInstanceByDom(SG.at('canvas'))")
    projection = pd.read_parquet(report.parent / "projection.parquet")
    own = projection[(projection["source"] == "disamb") & (projection["kind"] == "image")]
    page.select_option("#map-variant", "disamb")
    drawn = "echarts.getInstanceByDom(SG.at('canvas')).getOption().series"
    points = np.array(page.evaluate(f"{drawn}[1].data.map((point) => point.value)"))
    np.testing.assert_allclose(points, own[["first", "second"]], rtol=1e-4)
    page.select_option("#map-axes", "gap")
    assert page.evaluate(f"{drawn}[2].data.length") == SIZE.classes
    page.select_option("#map-class", "3")
    assert page.evaluate(f"{drawn}[1].data.length") == SIZE.mapped
    # Something is painted: many pixels differ from the first.
    painted = page.evaluate(
        "(() => { const canvas = document.querySelector('#canvas canvas'); const data = "
        "canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data; "
        "let count = 0; for (let i = 2; i < data.length; i += 4) count += data[i] > 140 && "
        "data[i - 2] < 60; return count; })()"
    )
    assert painted > 100


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_is_wider_than_the_screen(browser, report, width):
    with opened(browser, report, width=width) as page:
        assert overflow(page) == 0
        page.evaluate(
            "document.querySelectorAll('details').forEach((each) => { each.open = true; })"
        )
        page.evaluate("document.getElementById('map').scrollIntoView()")
        page.wait_for_function("SG.map && echarts.getInstanceByDom(SG.at('canvas'))")
        assert overflow(page) == 0
        for number in range(len(FACTS.classes)):
            page.evaluate("(number) => SG.openClass(number, 'disamb')", number)
            page.wait_for_function(
                "(name) => document.getElementById('class-title')?.textContent === name",
                arg=FACTS.classes[number].name,
            )
            assert overflow(page) == 0


@pytest.mark.parametrize("width", WIDTHS)
def test_axe_finds_nothing_serious(browser, report, width):
    with opened(browser, report, width=width) as page:
        page.evaluate(
            "document.querySelectorAll('details').forEach((each) => { each.open = true; })"
        )
        page.evaluate("document.getElementById('map').scrollIntoView()")
        page.wait_for_function("SG.map && echarts.getInstanceByDom(SG.at('canvas'))")
        assert serious(page) == []
        page.evaluate("SG.openClass(9, 'disamb')")
        titled(page)
        assert serious(page) == []


def test_without_scripts_the_answer_is_there(browser, report):
    with opened(browser, report, java_script_enabled=False) as page:
        assert page.locator(".sentences li").first.is_visible()
        assert page.get_by_role("region", name="Headline numbers").locator("td").first.is_visible()
        figures = page.locator("noscript img, #variants > img")
        assert figures.count() == 4
        for figure in figures.all():
            figure.scroll_into_view_if_needed()
            assert figure.is_visible()
            # One whose file is missing would be as small as its text.
            box = figure.bounding_box()
            assert box is not None
            assert box["height"] > 100
        assert not page.locator(".controls").first.is_visible()
        assert overflow_without_scripts(page) <= 1280


def overflow_without_scripts(page: Page) -> float:
    return max(
        box["x"] + box["width"]
        for each in page.locator("section").all()
        if (box := each.bounding_box())
    )


def test_names_are_text_and_no_markup(page):
    for number, name in enumerate(HOSTILE):
        page.evaluate("(number) => SG.openClass(number, 'disamb')", number)
        page.wait_for_function(
            "(id) => document.querySelector('#class-view .note')?.textContent.startsWith(id)",
            arg=FACTS.classes[number].class_id,
        )
        assert titled(page) == name
        assert page.locator("#class-view script, #class-view img, #class-view b b").count() == 0
    page.keyboard.press("Escape")
    shown = set(page.locator(".tabulator-row button.link").all_text_contents())
    assert set(HOSTILE) <= shown
    page.evaluate("document.getElementById('map').scrollIntoView()")
    page.wait_for_function("SG.map && echarts.getInstanceByDom(SG.at('canvas'))")
    options = set(page.locator("#map-class option").all_text_contents())
    assert all(f"{each.name} ({each.class_id})" in options for each in FACTS.classes)
    assert page.locator("main script, main img[src=x]").count() == 0


def test_small_images_stay_sharp_and_namesakes_are_told_apart(browser, tmp_path):
    size = Size(classes=4, variants=2, images=10, side=16, mapped=5)
    facts = facts_of(size)
    cranes = [each._replace(name="crane") for each in facts.classes[:2]]
    facts = facts._replace(classes=[*cranes, *facts.classes[2:]])
    write_report(tmp_path / "report", facts, write_inputs(tmp_path, facts, size), 1)
    with opened(browser, tmp_path / "report") as page:
        names = set(page.locator(".tabulator-row button.link").all_text_contents())
        assert {f"crane ({each.class_id})" for each in cranes} < names
        assert facts.classes[2].name in names
        page.evaluate("SG.openClass(1, 'disamb')")
        titled(page)
        button = page.locator(".pair button").first
        assert button.evaluate("(each) => getComputedStyle(each).imageRendering") == "pixelated"
    sprite = np.asarray(Image.open(tmp_path / "report/classes/1-2.webp").convert("RGB"))
    (whole,) = small_pictures(tmp_path / "images/5.parquet", [0])
    np.testing.assert_array_equal(sprite[:SIDE, :SIDE], np.asarray(whole))


def test_a_missing_file_of_a_class_is_said(browser, report, tmp_path):
    shutil.copytree(report, tmp_path / "report")
    (tmp_path / "report/classes/9.js").unlink()
    context = browser.new_context()
    page = context.new_page()
    page.goto((tmp_path / "report/index.html").as_uri() + address_of(9))
    page.locator("#class-view[open]").wait_for()
    assert "classes/9.js is missing" in page.locator("#class-view").inner_text()
    context.close()


def test_a_thousand_classes_keep_the_limits(browser, tmp_path):
    report = write_fake_report(tmp_path, LARGE)
    files = [path for path in report.rglob("*") if path.is_file()]
    assert (report / "index.html").stat().st_size <= 2e6
    assert sum(path.stat().st_size for path in files) <= 100e6
    with opened(browser, report) as page:
        assert len(shown_rows(page)) == LARGE.classes
        # Of all rows only those near the screen are in the page.
        assert 5 < page.locator(".tabulator-row").count() < 100
        page.click('nav a[href="#map"]')
        page.wait_for_function("SG.map && echarts.getInstanceByDom(SG.at('canvas'))")
        points = page.evaluate(
            "Object.values(SG.map.sources).reduce((sum, each) => sum + each.x.length, 0)"
        )
        assert 10_000 < points <= 20_000
        page.fill("#class-search", "class number 991")
        opens_a_class(page, page.locator(".tabulator-row").first.click)
        assert titled(page) == "class number 991"
    print(f"{len(files)} files, {sum(path.stat().st_size for path in files) / 1e6:.1f} MB")
