from world import answer, flask, keys  # isort: split

request = flask()
import desk
import tickets

for key in keys():
    request.form["number"] = key
    answer((desk.create(), key in tickets._tickets))
