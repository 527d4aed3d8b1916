"""The page of `monowheel inspect --html` in a real browser: treemap, table, search, both colour schemes."""

import json
import os
from pathlib import Path

import pytest
from browser import Browser
from conftest import tool

# Where to keep the screenshots, to look at them.
SHOTS = os.environ.get("MONOWHEEL_SCREENSHOTS")
RECTS = """JSON.stringify([...document.querySelectorAll('#map button')].map((tile) => {
  const { x, y, width, height } = tile.getBoundingClientRect();
  return { name: tile.dataset.name, x, y, width, height, top: tile.tabIndex === 0 };
}))"""
ROWS = "[...document.querySelectorAll('#packages tbody tr')].map((row) => row.cells[0].textContent)"


def search(browser: Browser, text: str) -> None:
    box = "document.querySelector('#search')"
    browser.run(f"{box}.value = {json.dumps(text)}; {box}.dispatchEvent(new Event('input'))")


@pytest.fixture
def report(application: Path) -> dict:
    return json.loads(tool("inspect", "service", "--json", cwd=application.parent))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_loads_alone_and_is_readable(
    browser: Browser, page: Path, report: dict, scheme: str, tmp_path: Path
) -> None:
    browser.open(page, scheme)
    assert browser.complaints() == []
    assert browser.run("document.querySelector('h1').textContent") == "service"
    assert browser.run("document.title") == "service: what is inside"
    assert browser.run(f"{ROWS}.length") == len(report["packages"])
    style = "getComputedStyle(document.body)"
    colours = [str(browser.run(f"{style}.{name}")) for name in ("color", "backgroundColor")]
    ink, paper = (sum(int(part) for part in colour[4:-1].split(",")) / 3 for colour in colours)
    assert (ink < 80 and paper > 230) if scheme == "light" else (ink > 200 and paper < 40)
    assert not browser.run("document.documentElement.scrollWidth > innerWidth"), "the page scrolls sideways"
    browser.screenshot((Path(SHOTS) if SHOTS else tmp_path) / f"page-{scheme}.png")


def test_the_treemap_shows_sizes(browser: Browser, page: Path, report: dict) -> None:
    browser.open(page)
    tiles = json.loads(str(browser.run(RECTS)))
    top = {tile["name"]: tile["width"] * tile["height"] for tile in tiles if tile["top"]}
    sizes = {f"{package['name']} {package['version']}": package["unpacked"] for package in report["packages"]}
    largest = sorted(sizes, key=lambda name: -sizes[name])[:6]
    scale = top[largest[0]] / sizes[largest[0]]
    for name in largest:
        assert top[name] == pytest.approx(sizes[name] * scale, rel=0.02), name
    area = json.loads(str(browser.run("JSON.stringify(document.querySelector('#map').getBoundingClientRect())")))
    assert sum(top.values()) == pytest.approx(area["width"] * area["height"], rel=0.03)
    for tile in tiles:
        assert tile["x"] >= area["x"] - 1 and tile["x"] + tile["width"] <= area["x"] + area["width"] + 1, tile


def test_a_part_can_be_looked_into(browser: Browser, page: Path, report: dict) -> None:
    browser.open(page)
    largest = max(report["packages"], key=lambda package: package["unpacked"])
    name = f"{largest['name']} {largest['version']}"
    browser.run(f"document.querySelector('#map button[data-name={json.dumps(name)}]').click()")
    names = [tile["name"] for tile in json.loads(str(browser.run(RECTS)))]
    assert names and all(found.startswith(f"{name} / ") for found in names)
    assert browser.run("document.querySelector('#path').textContent") == f"all/{name}"
    browser.run("document.querySelector('#path button').click()")
    assert name in [tile["name"] for tile in json.loads(str(browser.run(RECTS)))]


def test_the_table_is_searched_and_sorted(browser: Browser, page: Path, report: dict) -> None:
    browser.open(page)
    by_size = sorted(report["packages"], key=lambda package: -package["unpacked"])
    assert browser.run(f"{ROWS}[0]") == by_size[0]["name"]
    browser.run("document.querySelector('#packages th button').click()")
    assert browser.run(ROWS) == sorted(package["name"] for package in report["packages"])
    search(browser, "JSONschema  mit")
    found = browser.run(ROWS)
    assert isinstance(found, list)
    assert "jsonschema" in found and "pytest" not in found
    assert str(browser.run("document.querySelector('#count').textContent")).startswith(f"{len(found)} of ")
    search(browser, "views.py")
    assert browser.run(ROWS) == []
    assert browser.run("document.querySelector('#code').open") is True
    search(browser, "")
    assert browser.run(f"{ROWS}.length") == len(report["packages"])


def test_a_stamp_is_among_the_facts(browser: Browser, application: Path, tmp_path: Path) -> None:
    (tmp_path / "status.txt").write_text("STABLE_COMMIT 0123abc </script>\n")
    tool("stamp", "--file", application, "--status", "status.txt", "--output", "stamped", cwd=tmp_path)
    tool("inspect", "stamped", "--html", "stamped.html", cwd=tmp_path)
    browser.open(tmp_path / "stamped.html")
    assert browser.complaints() == []
    facts = browser.run("[...document.querySelectorAll('#facts div')].map((row) => row.innerText.split('\\n'))")
    assert ["Stamp STABLE_COMMIT", "0123abc </script>"] in facts, facts
