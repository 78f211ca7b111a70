from world import Thing, answer, keys  # isort: split

import app
import sessions

for key in keys():
    app.handle(Thing(session_id=key))
    answer(sessions._drafts[key])
