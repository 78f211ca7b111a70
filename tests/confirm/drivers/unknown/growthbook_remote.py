"""Answers one request after the other, each of another user, by features that the GrowthBook proxy evaluates."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from growthbook import GrowthBook
from growthbook.growthbook import feature_repo
from pace import steps


class Proxy(BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"features": {"dark": {"defaultValue": true}}}')

    def log_message(self, *_):
        """Nothing."""


server = ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
threading.Thread(target=server.serve_forever, daemon=True).start()
host = f"http://127.0.0.1:{server.server_port}"
for number in steps():
    user = GrowthBook(api_host=host, client_key="sdk-1", remote_eval=True, attributes={"id": number}, cache_ttl=0)
    user.load_features()
    assert user.is_on("dark")
    user.destroy()
print("answers kept that have expired:", len(feature_repo.cache.cache))
