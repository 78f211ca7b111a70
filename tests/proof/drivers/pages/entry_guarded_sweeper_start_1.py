from world import answer, flask, keys  # isort: split

request = flask()
import web

for key in keys():
    answer(web.create(key))
