"""A site in a real browser, opened from a file: needs the extra ``test-site`` and a Chromium."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dgn_explorer import save_site
from dgn_explorer.export.site.pages import NetworkPages, UnitPage
from dgn_explorer.export.site.writing import write_site
from tests.results.site_making import HOSTILE, filled_store

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), ""
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api", reason="needs the extra test-site")
    if not CHROMIUM:
        pytest.skip("there is no Chromium here")
    root = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    with playwright.sync_playwright() as running:
        opened = running.chromium.launch(executable_path=CHROMIUM, args=root)
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("small")
    save_site(folder / "site", store=filled_store(folder / "store"), title="A site")
    return folder / "site/index.html"


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("large") / "site"
    write_site(folder, [NetworkPages("ab", "net", [Numbered(10_000)])], title="Large")
    return folder / "index.html"


class Numbered:
    """A layer of units without images."""

    path = "fc"

    def __init__(self, count: int) -> None:
        self.count = count

    def pages(self) -> Iterator[UnitPage]:
        for index in range(self.count):
            yield UnitPage(f"fc:{index}", f"name {index}", "", "dgn-explorer open", (), ())


class Page:
    """A page with what it asked for and what went wrong in it."""

    def __init__(self, browser: Any, index: Path, at: str = "", **how: Any) -> None:
        self.page = browser.new_page(**how)
        self.asked: list[str] = []
        self.wrong: list[str] = []
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("requestfailed", lambda request: self.wrong.append(request.url))
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on(
            "console",
            lambda line: (
                self.wrong.append(line.text) if line.type in ("error", "warning") else None
            ),
        )
        self.page.on("dialog", lambda dialog: self.wrong.append(dialog.message))
        self.page.goto(index.as_uri() + at)
        self.page.wait_for_selector("h1")

    def close(self) -> None:
        """Nothing went wrong, and nothing but files was asked for."""
        self.page.close()
        assert not self.wrong
        assert self.asked
        assert all(url.startswith("file://") for url in self.asked)


def said(page: Any, text: str) -> None:
    """Wait until the page tells those who hear it ``text``."""
    page.locator("[role=status]", has_text=text).wait_for(state="attached")


def test_from_the_layers_to_an_image(browser: Any, small: Path) -> None:
    seen = Page(browser, small)
    page = seen.page
    assert page.title() == "A site"
    page.get_by_role("link", name="fc 2 units").click()
    page.get_by_role("link", name="volcano, fc:980, 4 images").click()
    page.wait_for_selector("figure img")
    assert page.url.endswith("#/unit/aaaaaaaaaaaa/fc%3A980")
    assert page.title() == "volcano · A site"
    loaded = page.locator("figure img").evaluate_all("all => all.map(one => one.naturalWidth)")
    assert loaded == [16, 16, 16, 16]
    assert page.locator("figcaption").nth(3).inner_text() == "activation 2 · seen as volcano, 50 %"
    page.get_by_text("Recipe and command").first.click()
    assert "dgn-explorer make" in page.locator("pre").first.inner_text()
    seen.close()


def test_a_unit_has_an_address(browser: Any, small: Path) -> None:
    seen = Page(browser, small, "#/unit/aaaaaaaaaaaa/conv%3A5")
    assert seen.page.locator("h1").inner_text() == "conv:5"
    seen.page.wait_for_selector("figure img")
    seen.page.go_back()
    seen.close()
    missing = Page(browser, small, "#/unit/aaaaaaaaaaaa/conv%3A7")
    assert "no such page" in missing.page.locator("main").inner_text()
    missing.close()


def test_hostile_names_are_text(browser: Any, small: Path) -> None:
    seen = Page(browser, small, "#/unit/aaaaaaaaaaaa/fc%3A3")
    seen.page.wait_for_selector("figure img")
    shown = HOSTILE.replace("\u202e", "\\u202e")
    assert seen.page.locator("h1").inner_text() == shown
    assert seen.page.title() == f"{shown} · A site"
    assert seen.page.locator("script").count() == 4  # ours, and the data of the unit
    seen.close()


def test_search_finds_by_label_and_address(browser: Any, small: Path) -> None:
    seen = Page(browser, small)
    box = seen.page.get_by_role("searchbox", name="Search")
    box.fill("VOLC")
    said(seen.page, "2 units found")
    assert seen.page.locator(".grid li").count() == 2
    assert box.evaluate("box => box === document.activeElement")
    box.fill("conv:5")
    said(seen.page, "1 unit found")
    seen.close()


def test_a_large_layer_keeps_few_cells(browser: Any, large: Path) -> None:
    seen = Page(browser, large, "#/layer/ab/fc")
    page = seen.page
    cells = page.locator(".grid li")
    assert 0 < cells.count() < 200
    for key, first in (("End", 9999), ("PageUp", None), ("Home", 0)):
        if key == "End":
            page.locator(".grid a[tabindex='0']").focus()
        page.keyboard.press(key)
        page.wait_for_timeout(50)
        assert cells.count() < 200
        name = page.evaluate("document.activeElement.getAttribute('aria-label')")
        if first is not None:
            assert name == f"name {first}, fc:{first}, 0 images"
    page.evaluate("scrollTo(0, document.body.scrollHeight / 2)")
    page.wait_for_timeout(100)
    in_sight = page.evaluate(
        "[...document.querySelectorAll('.grid li')].filter(one => {"
        " const box = one.getBoundingClientRect(); return box.bottom > 0 && box.top < innerHeight;"
        "}).length"
    )
    assert in_sight >= 20
    page.get_by_role("searchbox").fill("name 12")
    said(page, f"{sum('12' in str(index) for index in range(10_000))} units found")
    seen.close()


def test_everything_is_reached_by_keyboard(browser: Any, small: Path) -> None:
    seen = Page(browser, small, "#/layer/aaaaaaaaaaaa/fc")
    page = seen.page
    page.locator("body").evaluate("() => document.activeElement.blur()")
    page.locator("#skip").focus()
    reached = []
    for _ in range(5):
        reached.append(page.evaluate("document.activeElement.id || document.activeElement.tagName"))
        page.keyboard.press("Tab")
    assert reached == ["skip", "home", "search", "A", "A"]
    page.locator(".grid a[tabindex='0']").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.wait_for_selector("figure img")
    assert page.locator("h1").inner_text() == "volcano"
    seen.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("at", ["", "#/layer/aaaaaaaaaaaa/fc", "#/unit/aaaaaaaaaaaa/fc%3A980"])
def test_texts_have_contrast_and_pictures_names(
    browser: Any, small: Path, scheme: str, at: str
) -> None:
    """WCAG 2.2: 4.5 to 1 for text (1.4.3), a name for what can be used (4.1.2), landmarks."""
    seen = Page(browser, small, at, color_scheme=scheme)
    page = seen.page
    page.get_by_text("Loading").wait_for(state="detached")
    worst = page.evaluate(CONTRAST)
    assert len(worst) > 5
    assert min(ratio for _, ratio in worst) >= 4.5, sorted(worst, key=lambda one: one[1])[:3]
    for landmark in ("banner", "navigation", "main", "contentinfo", "search"):
        assert page.get_by_role(landmark).count() == 1, landmark
    assert page.locator("h1").count() == 1
    for element in page.locator("img").all():
        assert element.get_attribute("alt")
    nameless = page.evaluate(
        "[...document.querySelectorAll('a, button')].filter(one => "
        "!(one.textContent.trim() || one.getAttribute('aria-label'))).length"
    )
    assert nameless == 0
    assert page.evaluate("document.documentElement.lang") == "en"
    seen.close()


CONTRAST = """() => {
  const linear = (value) => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  const channel = (value) => linear(value / 255);
  const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const numbers = (text) => text.match(/[\\d.]+/g).map(Number);
  const ground = (element) => {
    for (; element; element = element.parentElement) {
      const colour = numbers(getComputedStyle(element).backgroundColor);
      if (colour.length < 4 || colour[3] > 0) return colour;
    }
    return [255, 255, 255];
  };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode.textContent.trim(), parent = walker.currentNode.parentElement;
    if (!text || !parent.checkVisibility() || parent.closest("noscript, script")) continue;
    const [one, other] = [numbers(getComputedStyle(parent).color), ground(parent)].map(light);
    found.push([text, (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05)]);
  }
  return found;
}"""
