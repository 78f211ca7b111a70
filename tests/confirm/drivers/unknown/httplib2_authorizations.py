"""Asks a service that wants a password for one order after the other."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httplib2
from pace import steps


class Orders(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    challenges = 0

    def do_GET(self):
        known = "Authorization" in self.headers
        Orders.challenges += not known
        self.send_response(200 if known else 401)
        self.send_header("WWW-Authenticate", 'Basic realm="orders"')
        self.send_header("Content-Length", "0")
        self.end_headers()


server = ThreadingHTTPServer(("127.0.0.1", 0), Orders)
threading.Thread(target=server.serve_forever, daemon=True).start()
client = httplib2.Http()
client.add_credentials("me", "secret")
for number in steps():
    client.request(f"http://127.0.0.1:{server.server_port}/orders/{number:05}")
print("connections:", len(client.connections), "requests without a password:", Orders.challenges)
print("authorizations kept:", len(client.authorizations))
