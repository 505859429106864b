"""Draw the diagram of docs/architecture.md: the packages, and the way of a clip through them.

python docs/pictures/draw_architecture.py > docs/pictures/architecture.svg
"""

from html import escape

WIDTH, HEIGHT = 1000, 920
COLOURS = {  # package: fill, stroke
    "conf": ("#eceff1", "#78909c"),
    "pipelines": ("#ede7f6", "#5e35b1"),
    "recognizers": ("#e3f2fd", "#1565c0"),
    "data_prep": ("#e8f5e9", "#2e7d32"),
}
INK, FAINT = "#263238", "#546e7a"
BANDS = {
    "pipelines": (
        "the commands",
        ["cli", "corpora", "training", "inference", "streaming", "reporting", "web_page", "scaling"],
    ),
    "recognizers": (
        "frames to symbols",
        [
            "encoder",
            "head",
            "decoder",
            "augment",
            "recombination",
            "language_model",
            "training",
            "bundle",
            "pretrained",
            "runtime",
            "ensemble",
            "segmentation",
            "inference",
            "streaming",
            "error_analysis",
            "probe",
        ],
    ),
    "data_prep": (
        "media to features",
        ["corpora", "media", "features", "store", "streaming", "workers", "synthesis", "report"],
    ),
}
# A step: package, where in it, what comes out of it.
TRAINING = [
    [
        ("data_prep", "corpora", "Clip"),
        ("data_prep", "media", "samples or pictures"),
        ("data_prep", "features", "Signal"),
        ("data_prep", "store", "stored Signal"),
        ("recognizers", "augment", "varied Signal"),
    ],
    [
        ("data_prep", "features", "Frames"),
        ("recognizers", "training", "Batch"),
        ("recognizers", "encoder", "encoded frames"),
        ("recognizers", "head", "loss"),
        ("recognizers", "bundle", "recognizer on disk"),
    ],
]
INFERENCE = [
    [
        ("pipelines", "inference.inputs", "Media"),
        ("data_prep", "media", "samples or pictures"),
        ("data_prep", "features", "Signal"),
        ("recognizers", "segmentation", "Segments"),
        ("data_prep", "features", "Frames"),
    ],
    [
        ("recognizers", "runtime", "emissions"),
        ("recognizers", "decoder", "symbols and times"),
        ("recognizers", "inference", "Prediction"),
        ("pipelines", "inference", "FileResult"),
        ("pipelines", "inference.formats", "files and JSON"),
    ],
]
BOX_WIDTH, BOX_HEIGHT, GAP, LEFT = 152, 56, 35, 50


def text(
    x: float, y: float, words: str, size: int, colour: str = INK, anchor: str = "middle", bold: bool = False
) -> str:
    """A line of text, centred on x unless anchored otherwise."""
    weight = ' font-weight="bold"' if bold else ""
    attributes = f'x="{x:g}" y="{y:g}" font-size="{size}" fill="{colour}" text-anchor="{anchor}"{weight}'
    return f"<text {attributes}>{escape(words)}</text>"


def box(x: float, y: float, width: float, height: float, package: str) -> str:
    """A rounded rectangle in the colours of a package."""
    fill, stroke = COLOURS[package]
    return f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="6" fill="{fill}" stroke="{stroke}"/>'


def arrow(points: str) -> str:
    """A line with an arrowhead at its end."""
    return f'<path d="{points}" fill="none" stroke="{FAINT}" stroke-width="1.5" marker-end="url(#head)"/>'


def chip_width(part: str) -> float:
    """The width of the box of a sub-package."""
    return 6.6 * len(part) + 10


def band_height(package: str) -> int:
    """The height of a top-level package: its sub-packages need one row or two."""
    return 74 if sum(chip_width(part) + 4 for part in BANDS[package][1]) < 728 else 104


def band(package: str, y: float) -> list[str]:
    """A top-level package with its sub-packages, in as many rows as they need."""
    purpose, parts = BANDS[package]
    shapes = [box(200, y, 750, band_height(package), package)]
    shapes.append(text(216, y + 22, package, 16, anchor="start", bold=True))
    shapes.append(text(216 + 10 * len(package) + 8, y + 22, purpose, 13, FAINT, anchor="start"))
    x = 216.0
    for part in parts:
        width = chip_width(part)
        if x + width > 940:
            x, y = 216.0, y + 30
        shapes.append(f'<rect x="{x:g}" y="{y + 36:g}" width="{width:g}" height="26" rx="4" fill="white"/>')
        shapes.append(text(x + width / 2, y + 53, part, 12))
        x += width + 4
    return shapes


def steps(title: str, rows: list[list[tuple[str, str, str]]], y: float) -> list[str]:
    """Two rows of steps, read like a text; below each step stands what it hands on."""
    shapes = [text(LEFT, y, title, 17, anchor="start", bold=True)]
    pitch = BOX_WIDTH + GAP
    for number, row in enumerate(rows):
        top = y + 18 + number * 112
        for column, (package, part, result) in enumerate(row):
            x = LEFT + column * pitch
            shapes.append(box(x, top, BOX_WIDTH, BOX_HEIGHT, package))
            shapes.append(text(x + BOX_WIDTH / 2, top + 23, package, 12, COLOURS[package][1]))
            shapes.append(text(x + BOX_WIDTH / 2, top + 42, part, 14, bold=True))
            shapes.append(text(x + BOX_WIDTH / 2, top + BOX_HEIGHT + 17, result, 12, FAINT))
            if column + 1 < len(row):
                middle = top + BOX_HEIGHT / 2
                shapes.append(arrow(f"M{x + BOX_WIDTH + 3:g} {middle:g} H{x + pitch - 4:g}"))
        if number + 1 < len(rows):
            last = LEFT + 4 * pitch + BOX_WIDTH / 2
            turn = top + BOX_HEIGHT + 36
            shapes.append(arrow(f"M{last:g} {turn - 12:g} V{turn:g} H{LEFT + BOX_WIDTH / 2:g} V{top + 112 - 4:g}"))
    return shapes


def diagram() -> str:
    """The whole SVG."""
    shapes = [text(LEFT, 34, "Packages, and who imports whom", 17, anchor="start", bold=True)]
    y = 52
    for number, package in enumerate(BANDS):
        if number:
            shapes.append(arrow(f"M575 {y - 29:g} V{y - 4:g}"))
        shapes += band(package, y)
        y += band_height(package) + 30
    shapes += [
        box(LEFT, 52, 112, 74, "conf"),
        text(LEFT + 56, 78, "conf", 16, bold=True),
        text(LEFT + 56, 98, "one YAML file", 13, FAINT),
        text(LEFT + 56, 114, "per choice", 13, FAINT),
        arrow(f"M{LEFT + 114} 89 H196"),
    ]
    shapes += steps("A clip in training", TRAINING, 414)
    shapes += steps("A file in recognition", INFERENCE, 682)
    head = (
        '<marker id="head" viewBox="0 0 8 8" refX="6" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        f'<path d="M0 0 L8 4 L0 8 Z" fill="{FAINT}"/></marker>'
    )
    view = f"40 10 {WIDTH - 80} {HEIGHT - 20}"  # without the outer margins
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{view}" font-family="sans-serif">',
            "<title>Packages of Utterance, and the way of a clip through training and recognition</title>",
            f'<defs>{head}</defs><rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
            *shapes,
            "</svg>",
        ]
    )


if __name__ == "__main__":
    print(diagram())
