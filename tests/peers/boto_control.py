"""Asks health checks, routing controls and STS of an AWS endpoint by boto3, and prints what it understood, as JSON.

The service is that of tests/fixtures/control.toml."""

import json
import sys

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

ENDPOINT, SOURCE, TARGET = sys.argv[1:4]
PANEL = "arn:aws:route53-recovery-control::123456789012:controlpanel/0a1b/routingcontrol/"
ROLE = "arn:aws:iam::123456789012:role/dr-operations-role-prod"


def client(service, region, **credentials):
    credentials = credentials or {"aws_access_key_id": "any", "aws_secret_access_key": "any"}
    return boto3.client(
        service, region_name=region, endpoint_url=ENDPOINT, **credentials,
        config=Config(retries={"total_max_attempts": 1}, read_timeout=10),
    )


def refused(call, **parameters):
    try:
        call(**parameters)
    except ClientError as error:
        return error.response["Error"]["Code"]
    return "accepted"


dns, sts, cluster = client("route53", SOURCE), client("sts", TARGET), client("route53-recovery-cluster", "eu-west-1")


def config(check):
    return dns.get_health_check(HealthCheckId=check)["HealthCheck"]["HealthCheckConfig"]


before = [config(check)["Type"] for check in ("check-east", "check-west", "check-both")]
version = dns.get_health_check(HealthCheckId="check-west")["HealthCheck"]["HealthCheckVersion"]
update = {"HealthCheckId": "check-west", "HealthCheckVersion": version}
forced = dns.update_health_check(Disabled=True, Inverted=True, **update)["HealthCheck"]
made = dns.create_health_check(CallerReference="boto3", HealthCheckConfig={
    "Type": "CALCULATED", "ChildHealthChecks": ["check-west"], "HealthThreshold": 1,
})
private = dns.create_health_check(CallerReference="private", HealthCheckConfig={
    "Type": "TCP", "IPAddress": "10.0.1.5", "Port": 5432,
})["HealthCheck"]["Id"]
observed = dns.get_health_check_status(HealthCheckId=private)["HealthCheckObservations"]


def states():
    listed = cluster.list_routing_controls()["RoutingControls"]
    return [control["RoutingControlState"] for control in listed]


at_first = states()
entries = [
    {"RoutingControlArn": PANEL + "east", "RoutingControlState": "Off"},
    {"RoutingControlArn": PANEL + "west", "RoutingControlState": "On"},
]
neither = refused(cluster.update_routing_control_states, UpdateRoutingControlStateEntries=entries[:1])
cluster.update_routing_control_states(UpdateRoutingControlStateEntries=entries)
# An endpoint may tell of it a moment later.
turned = next((found for found in (states() for _ in range(2_000)) if found != at_first), None)

session = {"RoleArn": ROLE, "RoleSessionName": "dr-failover"}
given = sts.assume_role(ExternalId="dr-ops-prod", **session)["Credentials"]
as_role = client(
    "sts", TARGET, aws_access_key_id=given["AccessKeyId"], aws_secret_access_key=given["SecretAccessKey"],
    aws_session_token=given["SessionToken"],
)

print(json.dumps({
    "types": before,
    "children": config("check-both")["ChildHealthChecks"],
    "control": config("check-east")["RoutingControlArn"],
    "forced": [forced["HealthCheckConfig"][key] for key in ("Disabled", "Inverted")] + [forced["HealthCheckVersion"]],
    "stale": refused(dns.update_health_check, Disabled=False, **update),
    "calculated": refused(dns.get_health_check_status, HealthCheckId="check-both"),
    "made": [made["ResponseMetadata"]["HTTPStatusCode"], made["Location"].endswith(made["HealthCheck"]["Id"])],
    "private": [report["StatusReport"]["Status"].split(":")[0] for report in observed],
    "twice": refused(dns.create_health_check, CallerReference="boto3", HealthCheckConfig={
        "Type": "TCP", "IPAddress": "10.0.1.5", "Port": 5432,
    }),
    "at first": at_first,
    "neither": neither,
    "turned": turned,
    "one": cluster.get_routing_control_state(RoutingControlArn=PANEL + "west")["RoutingControlState"],
    "no endpoint": refused(client("route53-recovery-cluster", "sa-east-1").list_routing_controls),
    "user": sts.get_caller_identity()["Arn"],
    "role": as_role.get_caller_identity()["Arn"],
    "no external id": refused(sts.assume_role, **session),
}))
