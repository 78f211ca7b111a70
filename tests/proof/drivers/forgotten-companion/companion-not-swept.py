from world import answer, keys  # isort: split

import sessions

sessions.start()
for key in keys():
    sessions.say(key, "hello")
    answer(sessions._history[key])
