from world import answer, flask, keys  # isort: split

flask()
import server

for key in keys(60):
    answer(server.show(key))
