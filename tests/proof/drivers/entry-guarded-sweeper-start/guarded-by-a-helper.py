from world import answer, keys  # isort: split

from links import links

for key in keys(hours=6):
    links.shorten(key, "https://pages.example", None)
    answer(links._links[key][0])
