"""One room, which is left, and then invitations alone, with times between in which there is nothing at all."""

from world import answer, flask, keys  # isort: split

flask()
import app
import rooms

app.enter("first")
answer(app.leave("first"))
for key in keys(hours=2.0):
    answer((app.invite(key), key in rooms.lobby._invitations))
