"""Document 004's procedures as they stand. Primary eu-central-1, standby eu-west-1.

Its programs' source is not in the document; their calls are those of the steps that it lists."""

import copy
import datetime
import json

from common import aws, client, passes, refused, run, traffic, truth, try_aws, until, upsert

HOME, DR, CONTROL = "eu-central-1", "eu-west-1", "us-east-1"
GLOBAL, READER, CACHE = "matbakh-global", "matbakh-eu-west-1", "ldgnf-matbakh"
PARAMETER, DISTRIBUTION, ZONE = "/matbakh/active-region", "E1U5RQF7T870K4", "Z0MATBAKHEXAMPLE"
CHECK = "5f0a7c52-1d4e-4b8a-9c55-0e2f6b3d7a04"
TO_DR = json.loads(upsert("api.matbakh.app", "CNAME", "primary", "PRIMARY", TTL=60,
                          ResourceRecords=[{"Value": "api-eu-west-1.matbakh.app"}]))


def lag(region, metric, *dimension):
    now = datetime.datetime.fromisoformat(truth()["at"])
    line = ["cloudwatch", "get-metric-statistics", "--namespace", "AWS/RDS", "--metric-name", metric, "--start-time",
            (now - datetime.timedelta(minutes=30)).isoformat(), "--end-time", now.isoformat(), "--period", "300",
            "--statistics", "Average", "--region", region]
    return [point["Average"] for point in aws(*line, *dimension)["Datapoints"]]


def looks():
    """The troubleshooting guide's lines and the health checker's three metrics."""
    cluster = ["--dimensions", f"Name=DBClusterIdentifier,Value={READER}"]
    right = lag(DR, "AuroraGlobalDBRPOLag", *cluster)
    now = datetime.datetime.fromisoformat(truth()["at"])
    span = {"StartTime": now - datetime.timedelta(minutes=30), "EndTime": now, "Period": 300, "Statistics": ["Average"]}
    in_seconds = client("cloudwatch", DR).get_metric_statistics(
        Namespace="AWS/RDS", MetricName="AuroraGlobalDBRPOLag", Unit="Seconds",
        Dimensions=[{"Name": "DBClusterIdentifier", "Value": READER}], **span)["Datapoints"]
    metrics = client("cloudwatch", HOME)
    metrics.put_metric_data(Namespace="MultiRegion", MetricData=[
        {"MetricName": "ReplicationLag/Milliseconds", "Value": 1300, "Unit": "Milliseconds"}])
    cache = client("elasticache", DR).describe_global_replication_groups(GlobalReplicationGroupId=CACHE)
    bucket = client("s3", DR).head_bucket(Bucket="matbakh-eu-west-1")
    return {
        "global": aws("rds", "describe-global-clusters", "--region", HOME)["GlobalClusters"][0]["Status"],
        "as it stands": lag(HOME, "AuroraGlobalDBRPLag"),
        "with the dimension": lag(DR, "AuroraGlobalDBRPLag", *cluster),
        "without the dimension": lag(DR, "AuroraGlobalDBRPOLag"),
        "in the primary's Region": lag(HOME, "AuroraGlobalDBRPOLag", *cluster),
        "right": right,
        "in seconds": in_seconds,
        "logs": try_aws("logs", "filter-log-events", "--log-group-name", "/aws/lambda/failover-manager", "--region",
                        HOME).refusal,
        "check": aws("route53", "get-health-check", "--health-check-id", CHECK, "--region", CONTROL)["HealthCheck"][
            "HealthCheckConfig"]["Type"],
        "cache": cache["GlobalReplicationGroups"][0]["Status"],
        "bucket": bucket["BucketRegion"],
        "secret": len(client("secretsmanager", DR).describe_secret(SecretId="matbakh/production/app")["ReplicationStatus"]),
    }


def orchestrated():
    """The orchestrator's steps, with what its programs are likely to leave out."""
    told = {}
    rds, cdn, ssm, cache = client("rds", DR), client("cloudfront", CONTROL), client("ssm", DR), client("elasticache", DR)
    arn = next(member["DBClusterArn"] for member in rds.describe_global_clusters()["GlobalClusters"][0][
        "GlobalClusterMembers"] if not member["IsWriter"])
    target = {"GlobalClusterIdentifier": GLOBAL, "TargetDbClusterIdentifier": arn}
    told["without the loss"] = refused(rds.failover_global_cluster, **target)
    rds.failover_global_cluster(AllowDataLoss=True, **target)
    client("route53", CONTROL).change_resource_record_sets(HostedZoneId=ZONE, ChangeBatch=TO_DR)

    read = cdn.get_distribution_config(Id=DISTRIBUTION)
    config = copy.deepcopy(read["DistributionConfig"])
    config["DefaultCacheBehavior"]["TargetOriginId"] = "alb-eu-west-1"
    update = {"Id": DISTRIBUTION, "DistributionConfig": config}
    told["cdn"] = [refused(cdn.update_distribution, **update), refused(cdn.update_distribution, IfMatch="E0", **update)]
    told["cdn"] += [cdn.update_distribution(IfMatch=read["ETag"], **update)["Distribution"]["Status"]]
    told["cdn"] += [refused(cdn.update_distribution, IfMatch=read["ETag"], **update)]

    put = {"Name": PARAMETER, "Value": DR}
    told["ssm"] = [refused(ssm.put_parameter, Type="String", **put), refused(ssm.put_parameter, Overwrite=True, **put)]
    told["ssm"] += [client("ssm", region).get_parameter(Name=PARAMETER)["Parameter"]["Value"] for region in (HOME, DR)]

    member = {"GlobalReplicationGroupId": CACHE, "PrimaryRegion": DR}
    told["cache"] = [refused(cache.failover_global_replication_group, PrimaryReplicationGroupId="other", **member)]
    switch = {"PrimaryReplicationGroupId": "matbakh-cache-eu-west-1", **member}
    started = truth()
    told["cache"] += [cache.failover_global_replication_group(**switch)["GlobalReplicationGroup"]["Status"]]
    told["cache"] += [truth()["caches"][CACHE], refused(cache.failover_global_replication_group, **switch)]
    switched = until("the cache", lambda now: now["caches"][CACHE]["standby"])
    told["switch"] = switched["scenario_ms"] - started["scenario_ms"]
    told["caches"] = switched["caches"][CACHE]
    told["done"] = until("the failover", lambda now: now["takes_writes"]["standby"])
    told["traffic"] = traffic("standby")
    return told


run({"looks": looks, "orchestrated": orchestrated})
