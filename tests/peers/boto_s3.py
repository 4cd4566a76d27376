"""Asks an endpoint for everything that a person or a script asks S3 about a replicated bucket, by boto3, as JSON."""

import datetime
import json
import sys
import time

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

ENDPOINT, SOURCE, TARGET, PRIMARY, STANDBY, ROLE = sys.argv[1:7]


def client(service, region, **more):
    return boto3.client(
        service, region_name=region, endpoint_url=ENDPOINT, aws_access_key_id="any", aws_secret_access_key="any",
        config=Config(retries={"total_max_attempts": 1}, read_timeout=10, **more),
    )


def refused(call, **parameters):
    try:
        call(**parameters)
    except ClientError as error:
        return error.response["Error"]["Code"]
    return "accepted"


here = client("s3", SOURCE, s3={"addressing_style": "path"})
there = client("s3", TARGET, s3={"addressing_style": "path"})
put = here.put_object(Bucket=PRIMARY, Key="canaries/a b+c", Body=b"a canary", Metadata={"for": "boto3"}, IfNoneMatch="*")
again = refused(here.put_object, Bucket=PRIMARY, Key="canaries/a b+c", Body=b"", IfNoneMatch="*")
at_first = here.head_object(Bucket=PRIMARY, Key="canaries/a b+c")["ReplicationStatus"]
for _ in range(100):
    try:
        replica = there.head_object(Bucket=STANDBY, Key="canaries/a b+c", VersionId=put["VersionId"])
        break
    except ClientError:
        time.sleep(0.2)
forward = here.get_bucket_replication(Bucket=PRIMARY)["ReplicationConfiguration"]
rule = {"ID": "back", "Priority": 1, "Filter": {"Prefix": ""}, "Status": "Enabled",
        "Destination": {"Bucket": f"arn:aws:s3:::{PRIMARY}"}, "DeleteMarkerReplication": {"Status": "Disabled"}}
there.put_bucket_replication(Bucket=STANDBY, ReplicationConfiguration={"Role": ROLE, "Rules": [rule]})
old = {**rule, "Filter": {"And": {"Prefix": "a/", "Tags": [{"Key": "k", "Value": "<v>"}]}}, "ID": "tagged", "Priority": 2}
both = {"Role": ROLE, "Rules": [rule, old]}
there.put_bucket_replication(Bucket=STANDBY, ReplicationConfiguration=both)
versions = lambda: len(here.list_object_versions(Bucket=PRIMARY)["Versions"])
first = here.list_objects_v2(Bucket=PRIMARY, MaxKeys=100)
before = versions()
pages = [page["KeyCount"] for page in here.get_paginator("list_objects_v2").paginate(
    Bucket=PRIMARY, PaginationConfig={"PageSize": 100})]
after = versions()
folders = [one["Prefix"] for one in here.list_objects_v2(Bucket=PRIMARY, Delimiter="/")["CommonPrefixes"]]
marker = here.delete_object(Bucket=PRIMARY, Key="canaries/a b+c")
now = datetime.datetime.now(datetime.timezone.utc)
cloudwatch = client("cloudwatch", TARGET)
metrics = cloudwatch.list_metrics(Namespace="AWS/S3", MetricName="ReplicationLatency")["Metrics"]

print(json.dumps({
    "buckets": [bucket["Name"] for bucket in here.list_buckets()["Buckets"]],
    "places": [here.get_bucket_location(Bucket=name)["LocationConstraint"] for name in (PRIMARY, STANDBY)],
    "versioning": [s3.get_bucket_versioning(Bucket=name)["Status"] for s3, name in ((here, PRIMARY), (there, STANDBY))],
    "head": there.head_bucket(Bucket=STANDBY)["BucketRegion"],
    "no bucket": [refused(here.head_bucket, Bucket="not-there"), refused(here.list_objects_v2, Bucket="not-there")],
    "forward": [[rule["ID"], rule["Status"], rule["Destination"]["ReplicationTime"]["Time"]["Minutes"]]
                for rule in forward["Rules"]],
    "same rules": there.get_bucket_replication(Bucket=STANDBY)["ReplicationConfiguration"] == both,
    "without a role": refused(there.put_bucket_replication, Bucket=STANDBY,
                              ReplicationConfiguration={"Role": "nobody", "Rules": [rule]}),
    "no destination": refused(there.put_bucket_replication, Bucket=STANDBY, ReplicationConfiguration={
        "Role": ROLE, "Rules": [{**rule, "Destination": {"Bucket": "arn:aws:s3:::elsewhere"}}]}),
    "again": again,
    "status": [at_first, replica["ReplicationStatus"]],
    "kept": [replica["Metadata"], replica["ContentLength"], replica["LastModified"] == here.head_object(
        Bucket=PRIMARY, Key="canaries/a b+c", VersionId=put["VersionId"])["LastModified"]],
    "body": there.get_object(Bucket=STANDBY, Key="canaries/a b+c")["Body"].read().decode(),
    "pages": [first["IsTruncated"], len(pages) > 1, pages[0], before <= sum(pages) <= after],
    "folders": folders,
    "deleted": [marker["DeleteMarker"], refused(here.head_object, Bucket=PRIMARY, Key="canaries/a b+c"),
                len(here.list_object_versions(Bucket=PRIMARY, Prefix="canaries/")["DeleteMarkers"])],
    "metrics": [sorted(one["Name"] for one in metric["Dimensions"]) for metric in metrics],
    "latency": len(cloudwatch.get_metric_statistics(
        Period=60, Statistics=["Maximum"], StartTime=now - datetime.timedelta(minutes=20), EndTime=now,
        Namespace="AWS/S3", MetricName="ReplicationLatency", Dimensions=metrics[0]["Dimensions"])["Datapoints"]) >= 15,
    "not simulated": refused(here.get_bucket_tagging, Bucket=PRIMARY),
}))
