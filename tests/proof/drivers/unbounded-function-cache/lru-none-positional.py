from world import answer, keys  # isort: split

from slugs import slug

for key in keys(60):
    answer(slug(f"A title {key}"))
