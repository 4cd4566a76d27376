"""The control port, plain HTTP and JSON: what a test asks of its peers."""

import http.server
import json
import threading
import urllib.parse


class Control:
    def __init__(self, peers):
        self.peers = peers
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self.handler())
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def get(self, path, query):
        if path == "/_control/state":
            return self.peers.state()
        if path == "/_control/records":
            return self.peers.records()
        if path == "/_control/sql":
            return self.peers.sql(query["cluster"], query["q"])
        raise LookupError(path)

    def post(self, path, values):
        actions = {
            "/_control/region": lambda: self.peers.set_region(values["region"], values["mode"]),
            "/_control/replication": lambda: self.peers.set_replication(values["mode"]),
            "/_control/writer": lambda: self.peers.set_writer(values["mode"]),
            "/_control/health": lambda: self.peers.set_health(values["health_check"], values["healthy"]),
        }
        if path not in actions:
            raise LookupError(path)
        actions[path]()
        return {"ok": True}

    def handler(self):
        control = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                parts = urllib.parse.urlsplit(self.path)
                self.answer(lambda: control.get(parts.path, dict(urllib.parse.parse_qsl(parts.query))))

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                self.answer(lambda: control.post(self.path, json.loads(body or b"{}")))

            def answer(self, work):
                try:
                    status, value = 200, work()
                except LookupError as error:
                    status, value = 404, {"error": f"unknown: {error}"}
                except Exception as error:
                    status, value = 400, {"error": f"{type(error).__name__}: {error}"}
                content = json.dumps(value, default=str).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.send_header("Connection", "close")
                self.end_headers()
                self.wfile.write(content)
                self.close_connection = True

            def log_message(self, *args):
                pass

        return Handler
