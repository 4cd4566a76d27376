"""Asks caches, parameters, functions and distributions of an AWS endpoint by boto3, and prints what it understood, as JSON.

The service is that of tests/fixtures/edge.toml."""

import datetime
import json
import sys

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

ENDPOINT, SOURCE, TARGET = sys.argv[1:4]
GLOBAL, NAME, DISTRIBUTION = "ldgnf-sessions", "/shop/active-region", "E1U5RQF7T870K0"


def client(service, region):
    return boto3.client(
        service, region_name=region, endpoint_url=ENDPOINT, aws_access_key_id="any", aws_secret_access_key="any",
        config=Config(retries={"total_max_attempts": 1}, read_timeout=10),
    )


def refused(call, **parameters):
    try:
        call(**parameters)
    except ClientError as error:
        return error.response["Error"]["Code"]
    return "accepted"


now = datetime.datetime.now(datetime.timezone.utc)
cache, metrics, ssm = client("elasticache", TARGET), client("cloudwatch", TARGET), client("ssm", TARGET)
asleep, awake, cdn = client("lambda", TARGET), client("lambda", SOURCE), client("cloudfront", SOURCE)


def members():
    group = cache.describe_global_replication_groups(GlobalReplicationGroupId=GLOBAL, ShowMemberInfo=True)
    group = group["GlobalReplicationGroups"][0]
    return [group["Status"], {member["ReplicationGroupRegion"]: member["Role"] for member in group["Members"]}]


west = cache.describe_replication_groups(ReplicationGroupId="sessions-west")["ReplicationGroups"][0]
lag = metrics.get_metric_statistics(
    Namespace="AWS/ElastiCache", MetricName="GlobalDatastoreReplicationLag", Period=60, Statistics=["Maximum"],
    Dimensions=[{"Name": "CacheClusterId", "Value": west["MemberClusters"][0]}],
    StartTime=now - datetime.timedelta(minutes=20), EndTime=now,
)["Datapoints"]
before = members()
failover = {"GlobalReplicationGroupId": GLOBAL, "PrimaryRegion": TARGET, "PrimaryReplicationGroupId": "sessions-west"}
started = cache.failover_global_replication_group(**failover)["GlobalReplicationGroup"]["Status"]

told = cdn.get_distribution_config(Id=DISTRIBUTION)
config = told["DistributionConfig"]
config["DefaultCacheBehavior"]["TargetOriginId"] = "alb-west"
update = {"Id": DISTRIBUTION, "DistributionConfig": config}
updated = cdn.update_distribution(IfMatch=told["ETag"], **update)["Distribution"]
paths = {"Paths": {"Quantity": 1, "Items": ["/*"]}, "CallerReference": "once"}
invalidations = {
    cdn.create_invalidation(DistributionId=DISTRIBUTION, InvalidationBatch=paths)["Invalidation"]["Id"]
    for _ in range(2)
}
answer = awake.invoke(FunctionName="primary-monitor", Qualifier="live", Payload=b'{"check": true}')

print(json.dumps({
    "before": before,
    "group": [west["Status"], west["GlobalReplicationGroupInfo"]["GlobalReplicationGroupMemberRole"]],
    "version": cache.describe_cache_clusters(CacheClusterId=west["MemberClusters"][0])["CacheClusters"][0]["EngineVersion"],
    "lag": [point["Maximum"] for point in lag],
    "started": started,
    "again": refused(cache.failover_global_replication_group, **failover),
    "no group": refused(cache.describe_replication_groups, ReplicationGroupId="none"),
    "parameter": [ssm.get_parameter(Name=NAME)["Parameter"][key] for key in ("Value", "Type", "Version")],
    "exists": refused(ssm.put_parameter, Name=NAME, Value="x", Type="String"),
    "put": ssm.put_parameter(Name=NAME, Value=TARGET, Overwrite=True)["Version"],
    "by path": [found["Value"] for found in ssm.get_parameters_by_path(Path="/shop")["Parameters"]],
    "missing": ssm.get_parameters(Names=[NAME, "/none"])["InvalidParameters"],
    "other Region": client("ssm", SOURCE).get_parameter(Name=NAME)["Parameter"]["Value"],
    "function": [awake.get_function_configuration(FunctionName="primary-monitor")[key] for key in ("State", "Runtime")],
    "reserved": awake.get_function(FunctionName="primary-monitor")["Concurrency"]["ReservedConcurrentExecutions"],
    "triggers": [
        client.list_event_source_mappings(FunctionName=name)["EventSourceMappings"][0]["State"]
        for client, name in ((awake, "primary-monitor"), (asleep, "secondary-monitor"))
    ],
    "invoked": [answer["StatusCode"], answer["ExecutedVersion"], json.load(answer["Payload"])["region"]],
    "asleep": refused(asleep.invoke, FunctionName="secondary-monitor"),
    "waking": refused(asleep.invoke, FunctionName="secondary-monitor"),
    "no function": refused(asleep.get_function, FunctionName="none"),
    "cdn": [updated["Status"], updated["DistributionConfig"]["DefaultCacheBehavior"]["TargetOriginId"]],
    "stale": refused(cdn.update_distribution, IfMatch=told["ETag"], **update),
    "invalidations": len(invalidations),
    "listed": cdn.list_invalidations(DistributionId=DISTRIBUTION)["InvalidationList"]["Quantity"],
    "no distribution": refused(cdn.get_distribution, Id="E0"),
}))
