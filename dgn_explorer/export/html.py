"""Images and tables as HTML, for notebooks."""

import base64
import html
from collections.abc import Sequence
from typing import Any

import numpy as np

from dgn_explorer.export.png import encode_png


def images_html(images: Sequence[np.ndarray] | np.ndarray) -> str:
    """Images (N, H, W, 3) uint8 beside each other, embedded."""
    texts = (base64.b64encode(encode_png(image)).decode("ascii") for image in images)
    return "".join(
        f'<img src="data:image/png;base64,{text}" style="margin:2px" alt="image {number}">'
        for number, text in enumerate(texts, 1)
    )


def table_html(rows: Sequence[dict[str, Any]]) -> str:
    """Rows with the same names as a table; every text is escaped.

    >>> table_html([{"layer": "<b>", "unit": 3}])
    '<table><tr><th>layer</th><th>unit</th></tr><tr><td>&lt;b&gt;</td><td>3</td></tr></table>'
    """
    if not rows:
        return "<table></table>"
    head = "".join(f"<th>{html.escape(name)}</th>" for name in rows[0])
    lines = ("".join(f"<td>{_cell(value)}</td>" for value in row.values()) for row in rows)
    return f"<table><tr>{head}</tr>{''.join(f'<tr>{line}</tr>' for line in lines)}</table>"


def _cell(value: Any) -> str:
    return html.escape(f"{value:.4g}" if isinstance(value, float) else str(value))
