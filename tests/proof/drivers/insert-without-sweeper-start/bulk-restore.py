import json
import time
from pathlib import Path

from world import answer, flask, keys  # isort: split

request = flask()
import jobs
import web

request.form["path"] = "jobs.json"
for key in keys(10):
    Path("jobs.json").write_text(json.dumps({key: time.time()}))
    answer((web.restore(), key in jobs._jobs))
