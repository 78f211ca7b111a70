from world import answer, flask, keys  # isort: split

request = flask()
import hits
import web

for key in keys(300):
    request.remote_addr = key
    answer((web.limit(), hits.allow(key)))
