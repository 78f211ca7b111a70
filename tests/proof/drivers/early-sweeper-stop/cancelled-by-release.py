"""One room, which is left, and then invitations alone, of which there are always some."""

from world import answer, flask, keys  # isort: split

flask()
import app
import rooms

app.enter("first")
for key in keys(hours=0.5):
    answer((app.invite(key), key in rooms.lobby._invitations))
    if key == "0-1":
        answer(app.leave("first"))
