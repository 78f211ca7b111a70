from world import answer, flask, keys  # isort: split

flask()
import web

for key in keys():
    answer(web.hello(key))
