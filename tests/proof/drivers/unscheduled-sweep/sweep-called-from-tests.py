from world import answer, keys  # isort: split

from chunks import store

for key in keys():
    store.put(key, key.encode())
    answer(store.get(key))
