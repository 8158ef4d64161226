"""The guide's example runs as it stands."""

from pathlib import Path


def test_the_guide_says_what_is_so() -> None:
    guide = Path(__file__).parents[3] / "docs" / "guide" / "beam-design.md"
    text = guide.read_text(encoding="utf-8")
    exec(text.partition("```python")[2].partition("```")[0], {})
