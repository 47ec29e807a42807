"""PDF files of whole pictures, one a page, without loss (Pillow would compress them as JPEG)."""

import zlib
from collections.abc import Sequence

import numpy as np

POINTS_PER_INCH = 72


def pdf_of(pages: Sequence[np.ndarray], dots_per_inch: float = 150.0, title: str = "") -> bytes:
    """A PDF 1.4 document; each of ``pages`` (H, W, 3) uint8 fills a page of its own size."""
    objects: list[bytes] = []  # number n is entry n - 1

    def add(content: bytes) -> int:
        objects.append(content)
        return len(objects)

    catalog, tree = add(b""), add(b"")
    kids = []
    for page in pages:
        height, width = page.shape[:2]
        wide, high = (side * POINTS_PER_INCH / dots_per_inch for side in (width, height))
        image = add(
            _stream(
                np.ascontiguousarray(page, np.uint8).tobytes(),
                f"/Type /XObject /Subtype /Image /Width {width} /Height {height} "
                "/ColorSpace /DeviceRGB /BitsPerComponent 8",
            )
        )
        content = add(_stream(f"q {wide:.3f} 0 0 {high:.3f} 0 0 cm /P Do Q".encode(), ""))
        kids.append(
            add(
                f"<< /Type /Page /Parent {tree} 0 R /MediaBox [0 0 {wide:.3f} {high:.3f}] "
                f"/Resources << /XObject << /P {image} 0 R >> >> "
                f"/Contents {content} 0 R >>".encode()
            )
        )
    info = add(f"<< /Title {_text(title)} /Producer {_text('dgn-explorer')} >>".encode())
    objects[catalog - 1] = f"<< /Type /Catalog /Pages {tree} 0 R >>".encode()
    references = " ".join(f"{kid} 0 R" for kid in kids)
    objects[tree - 1] = f"<< /Type /Pages /Count {len(kids)} /Kids [{references}] >>".encode()
    return _file(objects, catalog, info)


def _stream(data: bytes, entries: str) -> bytes:
    packed = zlib.compress(data, 6)
    head = f"<< {entries} /Filter /FlateDecode /Length {len(packed)} >>\nstream\n"
    return head.encode() + packed + b"\nendstream"


def _text(text: str) -> str:
    """A PDF text string in UTF-16, which needs no escapes."""
    return "<FEFF" + text.encode("utf-16-be", "replace").hex().upper() + ">"


def _file(objects: list[bytes], catalog: int, info: int) -> bytes:
    parts, offsets, at = [b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n"], [], 15
    for number, content in enumerate(objects, 1):
        part = f"{number} 0 obj\n".encode() + content + b"\nendobj\n"
        offsets.append(at)
        parts.append(part)
        at += len(part)
    table = "".join(f"{offset:010} 00000 n \n" for offset in offsets)
    parts.append(
        f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}"
        f"trailer\n<< /Size {len(objects) + 1} /Root {catalog} 0 R /Info {info} 0 R >>\n"
        f"startxref\n{at}\n%%EOF\n".encode()
    )
    return b"".join(parts)
