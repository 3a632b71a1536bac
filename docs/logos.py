"""Draws the app's logos for Zendesk, `assets/logo.png` and `assets/logo-small.png`: the mark of all pages, as pixels.

python -m docs.logos
"""

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

ASSETS = Path(__file__).parents[1] / "assets"
SIZES = {"logo.png": 320, "logo-small.png": 128}
SAMPLES = 4
"""Looks at each pixel along each side, so that round edges are smooth."""

INK, WHITE, PALE = (0x2F, 0x45, 0xC5), (255, 255, 255), (0xB0, 0xB9, 0xE9)
Colour = tuple[int, int, int]
Shape = tuple[tuple[float, float, float, float], float, Colour]
SHAPES: tuple[Shape, ...] = (
    ((0, 0, 32, 32), 8, INK),
    ((6, 8, 20, 4.4), 2.2, WHITE),
    ((6, 15.4, 14, 2.8), 1.4, PALE),
    ((6, 21.2, 9, 2.8), 1.4, PALE),
)
"""Rounded boxes (x, y, width, height), their radius and colour, on a sheet of 32 by 32; see `favicon.svg`."""

Pixel = tuple[int, int, int, int]


def draw(size: int) -> bytes:
    """The logo as a PNG."""
    rows = (b"\x00" + bytes(channel for pixel in _row(y, size) for channel in pixel) for y in range(size))
    header = struct.pack(">IIBBBBB", size, size, 8, 6, 0, 0, 0)
    parts = (_chunk(b"IHDR", header), _chunk(b"IDAT", zlib.compress(b"".join(rows), 9)), _chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def _row(y: int, size: int) -> Iterator[Pixel]:
    steps = [(step + 0.5) / SAMPLES for step in range(SAMPLES)]
    for x in range(size):
        colours = [_colour((x + dx) * 32 / size, (y + dy) * 32 / size) for dx in steps for dy in steps]
        seen = [colour for colour in colours if colour] or [INK]
        red, green, blue = (round(sum(colour[part] for colour in seen) / len(seen)) for part in range(3))
        yield red, green, blue, round(255 * sum(colour is not None for colour in colours) / len(colours))


def _colour(x: float, y: float) -> tuple[int, int, int] | None:
    """The topmost shape's colour at a point."""
    return next((colour for box, radius, colour in reversed(SHAPES) if _is_inside(x, y, box, radius)), None)


def _is_inside(x: float, y: float, box: tuple[float, float, float, float], radius: float) -> bool:
    left, top, width, height = box
    dx = max(left + radius - x, x - (left + width - radius), 0)
    dy = max(top + radius - y, y - (top + height - radius), 0)
    return dx * dx + dy * dy <= radius * radius


def _chunk(kind: bytes, content: bytes) -> bytes:
    checksum = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)


if __name__ == "__main__":
    for name, size in SIZES.items():
        (ASSETS / name).write_bytes(draw(size))
