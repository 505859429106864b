from xml.etree import ElementTree

from pipelines.reporting.charts import SERIES, svg_chart
from pipelines.reporting.picture_file import as_svg_file


def test_the_file_defines_every_colour_that_it_uses() -> None:
    content = as_svg_file(svg_chart(lambda ax: ax.plot([0, 1], color=SERIES[0], label="<&>"), "rising"))
    element = ElementTree.fromstring(content.encode())
    assert element.tag == "{http://www.w3.org/2000/svg}svg"
    assert element.get("viewBox")
    style = element.find("{http://www.w3.org/2000/svg}style")
    assert style is not None
    assert style.text is not None
    for name in ("--series-1", "--ink", "--soft", "--line", "--card"):
        assert style.text.count(f"{name}:") == 2, name  # light and dark
    assert style.text.count("{") == style.text.count("}")
