from world import answer, flask, keys  # isort: split

request = flask()
import web

for key in keys():
    request.form["id"] = key
    answer(web.post())
