"""A site of 10,000 units with an image each: writing it, and scrolling through it in Chromium.

Needs the extra ``test-site`` and a Chromium.
"""

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from dgn_explorer.export.site.pages import NetworkPages, Shown, UnitPage
from dgn_explorer.export.site.writing import write_site

UNITS, SIDE = int(os.environ.get("DGN_BENCHMARK_UNITS", "10000")), 128
SCROLL = """async () => {
  const gaps = [], draws = []; const draw = DgnList.prototype.draw;
  DgnList.prototype.draw = function () {
    const began = performance.now(); draw.call(this); draws.push(performance.now() - began);
  };
  let before = performance.now(); let most = 0;
  const end = document.body.scrollHeight - innerHeight;
  for (let frame = 0; frame < 300; frame++) {
    scrollTo(0, end * frame / 299);
    await new Promise(requestAnimationFrame);
    const now = performance.now(); gaps.push(now - before); before = now;
    most = Math.max(most, document.querySelectorAll(".grid li").length);
  }
  for (const list of [gaps, draws]) list.sort((one, other) => one - other);
  const late = (list) => list[Math.floor(0.99 * list.length)];
  return [gaps[150], late(gaps), late(draws), most];
}"""


class _Layer:
    path, count = "fc", UNITS

    def pages(self) -> Iterator[UnitPage]:
        coarse = np.random.default_rng(0).integers(0, 256, (UNITS, 8, 8, 3), np.uint8)
        for index in range(UNITS):
            image = coarse[index].repeat(SIDE // 8, 0).repeat(SIDE // 8, 1)[None]
            shown = Shown(
                f"{index:064x}", "dgn-am", "DGN-AM", "", "", image, (1.0,), (), (), "{}", ""
            )
            yield UnitPage(f"fc:{index}", f"class number {index}", "", "", (shown,), ())


def measure() -> dict[str, float]:
    """Seconds and megabytes of the site; ms to its list, and between frames of a fast scroll."""
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    with tempfile.TemporaryDirectory() as folder:
        site = Path(folder) / "site"
        began = time.perf_counter()
        report = write_site(site, [NetworkPages("ab", "net", [_Layer()])], title="Large")
        write_s = time.perf_counter() - began
        with sync_playwright() as running:
            browser = running.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            page = browser.new_page()
            began = time.perf_counter()
            page.goto(f"{(site / 'index.html').as_uri()}#/layer/ab/fc")
            page.wait_for_selector(".grid li")
            open_s = time.perf_counter() - began
            median_ms, late_ms, draw_ms, most = page.evaluate(SCROLL)
            browser.close()
    return {
        "site_write_s": write_s,
        "site_mb": report.bytes / 1e6,
        "site_open_ms": 1e3 * open_s,
        "site_frame_median_ms": median_ms,
        "site_frame_p99_ms": late_ms,
        "site_draw_p99_ms": draw_ms,
        "site_most_cells": float(most),
    }
