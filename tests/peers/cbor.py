"""CloudWatch's rpcv2Cbor, turned into the awsJson1.0 that moto understands, and its answers turned back."""

import datetime
import io
import json

import cbor2
from botocore.session import get_session

PREFIX = "/service/GraniteServiceVersion20100801/operation/"
MODEL = get_session().get_service_model("cloudwatch")


def is_rpc(path):
    return path.startswith(PREFIX)


def operation_of(path):
    return path[len(PREFIX):].strip("/")


def decode(body):
    """The request's values, timestamps as epoch seconds."""
    return plain(cbor2.loads(body)) if body else {}


def plain(value):
    if isinstance(value, datetime.datetime):
        return value.timestamp()
    if isinstance(value, cbor2.CBORTag):
        return plain(value.value)
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value


def to_json(environ, operation, values):
    """Rewrites the request in place as awsJson1.0."""
    body = json.dumps(values).encode()
    environ.update({
        "PATH_INFO": "/", "RAW_URI": "/", "REQUEST_URI": "/", "CONTENT_TYPE": "application/x-amz-json-1.0",
        "CONTENT_LENGTH": str(len(body)), "HTTP_X_AMZ_TARGET": f"GraniteServiceVersion20100801.{operation}",
        "wsgi.input": io.BytesIO(body),
    })
    environ.pop("HTTP_SMITHY_PROTOCOL", None)
    environ.pop("HTTP_ACCEPT", None)


def from_json(operation, status, body):
    """moto's answer as CBOR bytes."""
    values = json.loads(body) if body else {}
    if status >= 400:
        kind = str(values.get("__type", "InternalFailure")).rsplit("#", 1)[-1]
        return error(kind, values.get("message") or values.get("Message") or "")
    shape = MODEL.operation_model(operation).output_shape
    return cbor2.dumps(typed(values, shape) if shape else {})


def error(kind, message):
    return cbor2.dumps({"__type": kind, "message": message})


def typed(value, shape):
    """The value as the service model types it: what JSON cannot say, CBOR must."""
    if value is None:
        return None
    kind = shape.type_name
    if kind == "structure":
        members = shape.members
        return {
            key: typed(item, members[key]) for key, item in value.items() if key in members and item is not None
        }
    if kind == "list":
        return [typed(item, shape.member) for item in value]
    if kind == "map":
        return {key: typed(item, shape.value) for key, item in value.items()}
    if kind == "timestamp":
        return cbor2.CBORTag(1, epoch(value))
    if kind in ("float", "double"):
        return float(value)
    if kind in ("integer", "long"):
        return int(value)
    return value


def epoch(value):
    if isinstance(value, str):
        parsed = datetime.datetime.fromisoformat(value.replace("Z", "+00:00"))
        if parsed.tzinfo is None:
            parsed = parsed.replace(tzinfo=datetime.timezone.utc)
        return parsed.timestamp()
    return float(value)
