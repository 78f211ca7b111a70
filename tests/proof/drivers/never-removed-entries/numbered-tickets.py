from world import answer, flask, keys  # isort: split

request = flask()
import comes_round
import counted

for key in keys(300):
    request.data = key
    answer((counted.ask(), counted.TURNS[counted.TURN], comes_round.put()))
