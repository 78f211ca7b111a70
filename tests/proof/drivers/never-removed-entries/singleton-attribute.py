from world import answer, keys  # isort: split

from hub import hub

for key in keys(300):
    hub.publish(key, "text")
    answer(hub.latest[key])
