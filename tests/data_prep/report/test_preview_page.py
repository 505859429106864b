"""The page of varied clips."""

from data_prep.report.preview_page import PreviewRow, render_preview


def test_what_a_corpus_names_is_shown_and_never_run() -> None:
    rows = [
        PreviewRow("a<script>", "left & right\u202e", "01_a_original.wav", "01_a_x.wav", {"noise": "<b> at 3 dB"}),
        PreviewRow("b", "", "02_b_original.wav", "02_b_unchanged.wav", {}),
    ]
    page = render_preview(rows, {"noise_files": "<i>"})
    assert "<script" not in page
    assert "a&lt;script&gt;" in page
    assert "left &amp; right" in page
    assert "\u202e" not in page
    assert "noise: &lt;b&gt; at 3 dB" in page
    assert "nothing" in page
    assert "&lt;i&gt;" in page
    assert 'src="02_b_unchanged.wav"' in page
    assert "http:" not in page
    assert "https:" not in page
