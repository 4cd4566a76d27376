"""Says of each call (`rds:PromoteReadReplica`) whether moto answers it: whether it has a method of that name."""

import importlib
import json
import sys

from botocore import xform_name

MODULES = {"lambda": "awslambda"}


def has(call):
    service, operation = call.split(":", 1)
    try:
        responses = importlib.import_module(f"moto.{MODULES.get(service, service)}.responses")
    except ModuleNotFoundError:
        return False
    kinds = [kind for kind in vars(responses).values() if isinstance(kind, type)]
    return any(hasattr(kind, xform_name(operation)) for kind in kinds)


print(json.dumps({call: has(call) for call in sys.argv[1:]}))
