"""Pages, rendered once."""

# by the name of the page
_pages: dict[str, str] = {}
"""What was rendered already."""


def render(name: str) -> str:
    if name not in _pages:
        _pages[name] = build(name)
    return _pages[name]


def build(name: str) -> str:
    return f"<h1>{name}</h1>"
