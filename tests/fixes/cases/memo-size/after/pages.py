"""Pages, rendered once."""

# by the name of the page
_pages: dict[str, str] = {}
"""What was rendered already."""
_PAGES_MAX_SIZE = 1024


def render(name: str) -> str:
    if name not in _pages:
        _pages[name] = build(name)
        if len(_pages) > _PAGES_MAX_SIZE:
            _pages.pop(next(iter(_pages)), None)
    return _pages[name]


def build(name: str) -> str:
    return f"<h1>{name}</h1>"
