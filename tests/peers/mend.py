"""What moto 5.2.5 lacks or gets wrong, mended in its models so that its own serialisers write the answers."""

import threading
import time

from moto.cloudwatch.models import CloudWatchBackend
from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult
from moto.core.serialize import S3Serializer
from moto.core.utils import utcnow
from moto.rds.exceptions import DBInstanceNotFoundError
from moto.rds.models import DBInstance, RDSBackend
from moto.route53 import models as route53_models
from moto.route53.models import ChangeList, Route53Backend
from moto.route53.responses import Route53

ORIGINAL_PROMOTE = RDSBackend.promote_read_replica
ORIGINAL_METRICS = CloudWatchBackend.get_metric_data
ORIGINAL_CHANGE = Route53Backend.change_resource_record_sets
ORIGINAL_ZONE_ID = route53_models.create_route53_zone_id
ORIGINAL_S3 = S3Serializer._serialized_result_to_response

# The roots of S3's documents, by operation.
S3_ROOTS = {"GetBucketVersioning": "VersioningConfiguration", "ListObjectsV2": "ListBucketResult"}


class InvalidState(ServiceException):
    code = "InvalidDBInstanceState"


class InvalidBatch(ServiceException):
    code = "InvalidChangeBatch"


class Promotion:
    """moto's promotion is done at once and never clears the source. A real one takes its time, and reboots."""

    def __init__(self, durations, reboot):
        self.durations = durations
        self.reboot = reboot
        self.under_way = set()
        self.errors = []

    def accept(self, backend, kwargs):
        name = kwargs["db_instance_identifier"]
        if name not in backend.databases:
            raise DBInstanceNotFoundError(name)
        instance = backend.databases[name]
        if not instance.is_replica or name in self.under_way:
            raise InvalidState(f"DB Instance {name} is not a read replica.")
        if instance.status != "available":
            raise InvalidState(f"DB Instance {name} is not in available state.")
        ORIGINAL_PROMOTE(backend, kwargs)
        instance.is_replica = True
        self.under_way.add(name)
        threading.Thread(target=self.carry_out, args=(instance, name), daemon=True).start()
        return instance

    def carry_out(self, instance, name):
        still_available, modifying, rebooting = self.durations
        time.sleep(still_available)
        instance.status = "modifying"
        time.sleep(modifying)
        instance.status = "rebooting"
        due = time.monotonic() + rebooting
        try:
            self.reboot()
        except Exception as error:
            self.errors.append(f"promotion of {name}: {error}")
            instance.status = "failed"
            return
        time.sleep(max(0.0, due - time.monotonic()))
        instance.is_replica = False
        instance.source_db_instance_identifier = None
        instance.status = "available"
        self.under_way.discard(name)


def status_infos(instance):
    if not instance.is_replica:
        return []
    return [{"StatusType": "read replication", "Normal": True, "Status": "replicating", "Message": ""}]


class Changes:
    """Route 53's change batches: all or nothing, DELETE only of what is there exactly, PENDING before INSYNC."""

    def __init__(self, pending):
        self.pending = pending
        self.submitted = {}
        self.healthy = {}

    def apply(self, backend, zone_id, change_list):
        zone = backend.get_hosted_zone(zone_id)
        check_batch(zone, change_list)
        # moto compares a DELETE with all that was ever created, and a CREATE too: show it what is there now.
        zone.rr_changes = ChangeList(
            {"Action": "CREATE", "ResourceRecordSet": {**change["ResourceRecordSet"]}}
            for change in change_list if change["Action"] == "DELETE"
        )
        for change in zone.rr_changes:
            change["ResourceRecordSet"]["Name"] = change["ResourceRecordSet"]["Name"].strip(".")
        # moto deletes by SetIdentifier alone, under any name.
        others = [
            record for record in zone.rrsets
            if any(
                change["Action"] == "DELETE" and change["ResourceRecordSet"].get("SetIdentifier")
                and record.set_identifier == change["ResourceRecordSet"]["SetIdentifier"]
                and key(described(record)) != key(change["ResourceRecordSet"])
                for change in change_list
            )
        ]
        ORIGINAL_CHANGE(backend, zone_id, change_list)
        zone.rrsets.extend(record for record in others if record not in zone.rrsets)

    def answer_change(self, responses):
        zone_id = responses._get_param("HostedZoneId")
        self.apply(responses.backend, zone_id, responses._get_param("ChangeBatch.Changes"))
        change_id = f"C{len(self.submitted) + 1:013d}"
        self.submitted[change_id] = (time.monotonic(), utcnow())
        return ActionResult({"ChangeInfo": self.info(change_id)})

    def answer_get(self, responses):
        change_id = responses._get_param("Id").rsplit("/", 1)[-1]
        if change_id not in self.submitted:
            raise ServiceException("NoSuchChange", f"Could not find resource with ID: {change_id}")
        return ActionResult({"ChangeInfo": self.info(change_id)})

    def info(self, change_id):
        since, at = self.submitted[change_id]
        status = "INSYNC" if time.monotonic() - since >= self.pending else "PENDING"
        return {"Id": f"/change/{change_id}", "Status": status, "SubmittedAt": at}

    def answer_health(self, responses):
        check = responses.backend.get_health_check(responses._get_param("HealthCheckId"))
        status = (
            "Success: HTTP Status Code 200, OK" if self.healthy.get(check.id, True)
            else "Failure: Connection timed out. The endpoint or the internet connection is down"
        )
        places = [("us-east-1", "15.177.2.1"), ("us-west-2", "15.177.6.1"), ("eu-west-1", "15.177.10.1")]
        return ActionResult({"HealthCheckObservations": [
            {"Region": region, "IPAddress": address, "StatusReport": {"Status": status, "CheckedTime": utcnow()}}
            for region, address in places
        ]})


def key(record):
    return record["Name"].strip(".").lower(), record["Type"], record.get("SetIdentifier")


def described(record):
    """A record set of moto's as a client would send it back."""
    found = {
        "Name": record.name, "Type": record.type, "TTL": record.ttl, "SetIdentifier": record.set_identifier,
        "ResourceRecords": [{"Value": value} for value in record.records or []], "Failover": record.failover,
        "HealthCheckId": record.health_check_id, "Weight": record.weight, "Region": record.region,
        "AliasTarget": record.alias_target, "GeoLocation": record.geo_location,
        "MultiValueAnswer": record.multi_value_answer,
    }
    return {name: value for name, value in found.items() if value not in (None, [], "")}


def exact(record):
    """For comparing: order, case of the name and its last dot don't matter, all else does."""
    rest = {name: value for name, value in record.items() if name not in ("Name", "ResourceRecords", "TTL", "Weight")}
    numbers = {name: int(record[name]) for name in ("TTL", "Weight") if record.get(name) not in (None, "")}
    values = sorted(value["Value"] for value in record.get("ResourceRecords") or [])
    return key(record), {**{n: v for n, v in rest.items() if v not in (None, [], "")}, **numbers}, values


def check_batch(zone, change_list):
    present = {key(described(record)): described(record) for record in zone.rrsets}
    problems = []
    for change in change_list:
        record, action = change["ResourceRecordSet"], change["Action"]
        name = f"[name='{record['Name']}', type='{record['Type']}'"
        if record.get("SetIdentifier"):
            name += f", set identifier='{record['SetIdentifier']}'"
        name += "]"
        there = present.get(key(record))
        if action == "DELETE":
            if there is None:
                problems.append(f"Tried to delete resource record set {name} but it was not found")
            elif exact(there) != exact(record):
                problems.append(f"Tried to delete resource record set {name} but the values provided do not match the current values")
            present.pop(key(record), None)
        elif action == "CREATE":
            if there is not None:
                problems.append(f"Tried to create resource record set {name} but it already exists")
            present[key(record)] = record
        else:
            present[key(record)] = record
    if problems:
        raise InvalidBatch("[" + ", ".join(problems) + "]")


def metric_data(backend, queries, start_time, end_time, scan_by="TimestampDescending"):
    """Data points are counted from whole minutes, so that one point has one time whenever it is asked for."""
    return ORIGINAL_METRICS(backend, queries, start_time.replace(second=0, microsecond=0), end_time, scan_by)


def zone_id(*args, **kwargs):
    """Hosted zone ids begin with Z; moto's with anything."""
    return "Z" + ORIGINAL_ZONE_ID(*args, **kwargs)[1:]


def s3_document(serializer, resp, *args):
    """moto calls every root element after its operation; boto3 does not look, the SDK for Rust does."""
    answer = ORIGINAL_S3(serializer, resp, *args)
    name = serializer.operation_model.name
    if name in S3_ROOTS:
        answer["body"] = answer["body"].replace(f"{name}Response", S3_ROOTS[name])
    return answer


def install(promotion, changes):
    S3Serializer._serialized_result_to_response = s3_document
    route53_models.create_route53_zone_id = zone_id
    RDSBackend.promote_read_replica = lambda backend, kwargs: promotion.accept(backend, kwargs)
    DBInstance.status_infos = property(status_infos)
    Route53.change_resource_record_sets = lambda responses: changes.answer_change(responses)
    Route53.get_change = lambda responses: changes.answer_get(responses)
    Route53.get_health_check_status = lambda responses: changes.answer_health(responses)
    CloudWatchBackend.get_metric_data = metric_data
