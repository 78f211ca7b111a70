from world import answer, flask, keys  # isort: split

flask()
import alarms
import web

alarms.start()
for key in keys(hours=0.05):
    answer((web.ring(key), len(alarms._alarms)))
