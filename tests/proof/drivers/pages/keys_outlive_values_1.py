from world import answer, flask, keys  # isort: split

request = flask()
import web

for key in keys(400):
    request.remote_addr = key
    answer([web.limit() for _ in range(2)])
