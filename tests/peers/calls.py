"""What a request to AWS asks for, whatever its protocol; and errors in the shape that its client reads."""

import json
import re
import urllib.parse
from xml.sax.saxutils import escape

import xmltodict
from botocore.session import get_session

import cbor

READS = ("Describe", "Get", "List", "Head", "Test", "Search", "Lookup", "Filter", "BatchGet", "Simulate")
SCOPE = re.compile(r"Credential=[^/]+/\d+/([^/]+)/([^/]+)/aws4_request")


class Call:
    def __init__(self, environ, body):
        scope = SCOPE.search(environ.get("HTTP_AUTHORIZATION", ""))
        self.region, self.service = scope.groups() if scope else (None, "unsigned")
        self.path = environ.get("PATH_INFO", "")
        self.method = environ["REQUEST_METHOD"]
        self.operation, self.params = self.read(environ, body)

    def read(self, environ, body):
        target = environ.get("HTTP_X_AMZ_TARGET")
        if cbor.is_rpc(self.path):
            return cbor.operation_of(self.path), cbor.decode(body)
        if target:
            return target.rsplit(".", 1)[-1], json.loads(body or b"{}")
        if self.service == "route53":
            return self.read_rest(environ, body)
        form = dict(urllib.parse.parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
        form.pop("Version", None)
        return form.pop("Action", f"{self.method} {self.path}"), form

    def read_rest(self, environ, body):
        params = dict(urllib.parse.parse_qsl(environ.get("QUERY_STRING", "")))
        if body:
            params["Body"] = xmltodict.parse(body)
        for method, pattern, name in ROUTE53:
            match = pattern.fullmatch(self.path)
            if method == self.method and match:
                return name, {**match.groupdict(), **params}
        return f"{self.method} {self.path}", params

    @property
    def mutation(self):
        return not self.operation.startswith(READS) and not self.operation.startswith("GET ")

    def error(self, status, code, message):
        """(status, headers, body) of an error."""
        if self.service == "monitoring" and cbor.is_rpc(self.path):
            return status, [("Content-Type", "application/cbor"), ("smithy-protocol", "rpc-v2-cbor")], cbor.error(code, message)
        if self.service == "secretsmanager":
            body = json.dumps({"__type": code, "message": message})
            return status, [("Content-Type", "application/x-amz-json-1.1")], body.encode()
        space = {"route53": "https://route53.amazonaws.com/doc/2013-04-01/"}.get(
            self.service, "http://rds.amazonaws.com/doc/2014-10-31/"
        )
        body = (
            f'<?xml version="1.0"?>\n<ErrorResponse xmlns="{space}"><Error><Type>Sender</Type><Code>{code}</Code>'
            f"<Message>{escape(message)}</Message></Error><RequestId>00000000-0000-4000-8000-000000000000</RequestId></ErrorResponse>"
        )
        return status, [("Content-Type", "text/xml")], body.encode()


def route53_operations():
    model = get_session().get_service_model("route53")
    for name in model.operation_names:
        http = model.operation_model(name).http
        path = http["requestUri"].split("?")[0].rstrip("/")
        pattern = re.sub(r"\{(\w+)\+?\}", lambda found: f"(?P<{found[1]}>[^/]+)", path)
        yield http["method"], re.compile(pattern + "/?"), name


ROUTE53 = sorted(route53_operations(), key=lambda entry: -len(entry[1].pattern))
