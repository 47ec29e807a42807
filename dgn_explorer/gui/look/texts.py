"""Numbers, times and shapes in words that people read."""

from dgn_explorer.networks.info import LayerInfo

TIMES = "\N{MULTIPLICATION SIGN}"  # looks too much like an x to be typed


def number_text(value: float) -> str:
    """Three significant digits, without an exponent where people can do without.

    >>> number_text(12.34567), number_text(0.001), number_text(1e-10), number_text(1234.0)
    ('12.3', '0.001', '1e-10', '1,234')
    """
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}"


def time_text(seconds: float) -> str:
    """A short time in words.

    >>> time_text(4.2), time_text(75), time_text(7300)
    ('4 s', '1 min 15 s', '2 h 1 min')
    """
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def shape_text(layer: LayerInfo) -> str:
    """How many units, and the size of a unit's map.

    >>> shape_text(LayerInfo("stem", "Conv2d", 32, (96, 96)))
    '32 · 96\N{MULTIPLICATION SIGN}96'
    """
    if layer.spatial is None:
        return f"{layer.channels:,}"
    return f"{layer.channels:,} · {layer.spatial[0]}{TIMES}{layer.spatial[1]}"
