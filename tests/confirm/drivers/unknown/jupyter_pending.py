"""Opens one notebook after the other of a kernel that is not installed, as its users do on a shared server."""

import json
import tempfile

from jupyter_server.serverapp import ServerApp
from pace import steps
from tornado.httpclient import AsyncHTTPClient

KNOWN = {"Authorization": "token secret"}


async def visits():
    sessions, http = f"{app.connection_url}api/sessions", AsyncHTTPClient()
    for number in steps():
        notebook = {"path": f"{number}.ipynb", "type": "notebook", "name": "", "kernel": {"name": "julia-1.6"}}
        body = json.dumps(notebook)
        answer = await http.fetch(sessions, method="POST", headers=KNOWN, body=body, raise_error=False)
        assert answer.code == 501
    print("sessions open:", json.loads((await http.fetch(sessions, headers=KNOWN)).body))


with tempfile.TemporaryDirectory() as folder:
    app = ServerApp(root_dir=folder, port=0, open_browser=False, allow_root=True, log_level="CRITICAL")
    app.initialize(["--IdentityProvider.token=secret"])
    app.io_loop.run_sync(visits)
print("records of pending sessions:", len(app.session_manager._pending_sessions))
