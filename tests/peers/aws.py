"""The Regions' endpoints: one port each, before one moto; each can hang, refuse, throttle or swallow its answers."""

import datetime
import io
import socket
import sys
import threading
import time
import traceback

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server

import cbor
from calls import Call

MODES = ("ok", "hang", "503", "throttle", "mute")


class Moto:
    """moto, one call at a time, so that a batch of changes is atomic."""

    def __init__(self):
        self.application = DomainDispatcherApplication(create_backend_app)
        self.lock = threading.Lock()

    def answer(self, environ, call, body):
        environ["wsgi.input"] = io.BytesIO(body)
        rpc = cbor.is_rpc(call.path)
        if rpc:
            cbor.to_json(environ, call.operation, call.params)
        answer = {}

        def start_response(status, headers, exc_info=None):
            answer["status"], answer["headers"] = int(status.split()[0]), headers
            return lambda data: None

        with self.lock:
            parts = self.application(environ, start_response)
            content = b"".join(parts)
            if hasattr(parts, "close"):
                parts.close()
        headers = [pair for pair in answer["headers"] if pair[0].lower() not in ("content-length", "connection")]
        if rpc:
            content = cbor.from_json(call.operation, answer["status"], content)
            headers = [pair for pair in headers if pair[0].lower() != "content-type"]
            headers += [("Content-Type", "application/cbor"), ("smithy-protocol", "rpc-v2-cbor")]
        return answer["status"], headers, content


class Log:
    """Every call that reached an endpoint, in the order of arrival."""

    def __init__(self):
        self.lock = threading.Lock()
        self.entries = []
        self.recording = False

    def add(self, endpoint, mode, call):
        now = datetime.datetime.now(datetime.timezone.utc)
        entry = {
            "time": now.isoformat(timespec="milliseconds").replace("+00:00", "Z"), "endpoint": endpoint,
            "region": call.region, "service": call.service, "operation": call.operation, "params": call.params,
            "mutation": call.mutation, "mode": mode, "applied": False, "status": None,
        }
        if self.recording:
            with self.lock:
                self.entries.append({"seq": len(self.entries) + 1, **entry})
                return self.entries[-1]
        return entry


class Endpoint:
    """A WSGI application for one Region (or for the global services)."""

    def __init__(self, name, moto, log):
        self.name = name
        self.moto = moto
        self.log = log
        self.mode = "ok"
        self.changed = threading.Condition()
        self.server = make_server("127.0.0.1", 0, self, threaded=True, request_handler=Handler)
        self.server.daemon_threads = True
        self.server.block_on_close = False
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def set_mode(self, mode):
        if mode not in MODES:
            raise ValueError(f"mode {mode!r} is none of {', '.join(MODES)}")
        with self.changed:
            self.mode = mode
            self.changed.notify_all()

    def __call__(self, environ, start_response):
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        mode = self.mode
        try:
            call = Call(environ, body)
            entry = self.log.add(self.name, mode, call)
            status, headers, content = self.answer(environ, call, entry, body, mode)
        except Exception as error:
            traceback.print_exc(file=sys.stderr)
            status, headers, content = 500, [("Content-Type", "text/plain")], f"{type(error).__name__}: {error}".encode()
        if status is None:
            return self.never_answer(environ, start_response, mode)
        start_response(f"{status} -", [*headers, ("Content-Length", str(len(content)))])
        return [content]

    def answer(self, environ, call, entry, body, mode):
        if mode == "hang":
            return None, [], b""
        if mode == "503":
            answer = call.error(503, "ServiceUnavailable", "Service is unavailable. Please try again later.")
        elif mode == "throttle":
            answer = call.error(400, "ThrottlingException" if call.service in ("monitoring", "secretsmanager") else "Throttling", "Rate exceeded")
        elif not self.serves(call):
            answer = call.error(403, "SignatureDoesNotMatch", f"Credential should be scoped to a valid Region, not {call.region!r} ({self.name}).")
        else:
            answer = self.moto.answer(environ, call, body)
            entry["applied"] = answer[0] < 400
        if mode == "mute":
            return None, [], b""
        entry["status"] = answer[0]
        return answer

    def serves(self, call):
        if call.service == "route53":
            return self.name in ("global", "us-east-1")
        return self.name in ("global", call.region)

    def never_answer(self, environ, start_response, mode):
        """Holds the connection as long as the mode lasts, then closes it without a word."""
        with self.changed:
            self.changed.wait_for(lambda: self.mode != mode)
        connection = environ["werkzeug.socket"]
        try:
            connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        start_response("503 -", [("Content-Length", "0"), ("Connection", "close")])
        return []


class Handler(MotoRequestHandler):
    protocol_version = "HTTP/1.1"

    def setup(self):
        super().setup()
        # Small answers go out at once.
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def log(self, type, message, *args):
        pass
