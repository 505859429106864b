from xml.etree import ElementTree

from pipelines.reporting.charts import BAD, INK, SERIES, svg_chart


def draw(ax):
    ax.plot([0, 1], [1, 0], color=SERIES[0], label="loss <&> $x$")
    ax.axhline(0.5, color=BAD)
    ax.text(0.5, 0.5, "here", color=INK)
    ax.legend()


def test_a_chart_uses_the_colours_of_the_page_and_no_others():
    svg = svg_chart(draw, "how the loss falls")
    assert "var(--series-1)" in svg
    assert "var(--warn)" in svg
    assert "var(--ink)" in svg
    assert "#0102" not in svg  # no placeholder is left


def test_a_chart_is_an_element_of_its_own_that_scales():
    element = ElementTree.fromstring(svg_chart(draw, 'a "quoted" label', width=300))
    assert element.get("aria-label") == 'a "quoted" label'
    assert element.get("width") is None
    assert element.get("style") == "max-width: 300px"
    assert "loss <&> $x$" in "".join(element.itertext())


def test_the_same_chart_is_drawn_twice_alike():
    assert svg_chart(draw, "loss") == svg_chart(draw, "loss")
