"""Document 003's procedures as they stand. Primary us-east-1, standby us-west-2."""

import datetime
import os
import tempfile

from common import aws, client, health, passes, refused, run, truth, try_aws, until

HOME, DR = "us-east-1", "us-west-2"
GLOBAL, READER = "aurora-global-prod", "secondary-aurora-cluster-prod"
CHECK = "5f0a7c52-1d4e-4b8a-9c55-0e2f6b3d7a03"
FAILOVER = ["rds", "failover-global-cluster", "--global-cluster-identifier", GLOBAL, "--target-db-cluster-identifier"]
GLOBALS = ["rds", "describe-global-clusters", "--global-cluster-identifier", GLOBAL, "--region"]
BRIEF = ["--cli-read-timeout", "1"]


def members(region):
    return aws(*GLOBALS, region)["GlobalClusters"][0]["GlobalClusterMembers"]


def outage():
    """The manual failover, while its Region is the one that is gone."""
    told = {
        "verify": try_aws(*GLOBALS, HOME, *BRIEF).refusal,
        "as it stands": try_aws(*FAILOVER, READER, "--region", HOME, *BRIEF).refusal,
        "monitor": try_aws("lambda", "invoke", "--function-name", "primary-monitor-function-prod", "--region", HOME,
                           *BRIEF, os.devnull).refusal,
        "elsewhere": try_aws(*FAILOVER, READER, "--region", DR).refusal,
    }
    arn = next(member["DBClusterArn"] for member in members(DR) if not member["IsWriter"])
    told["by its ARN"] = try_aws(*FAILOVER, arn, "--region", DR).refusal
    # The automation document's call has no parameter for the loss either.
    told["automation"] = refused(client("rds", DR).failover_global_cluster, GlobalClusterIdentifier=GLOBAL,
                                 TargetDbClusterIdentifier=arn)
    told["nothing yet"] = truth()
    told["checkers"] = len(aws("route53", "get-health-check-status", "--health-check-id", CHECK, "--region", HOME)
                           ["HealthCheckObservations"])
    told["right"] = try_aws(*FAILOVER, arn, "--allow-data-loss", "--region", DR).refusal
    told["done"] = until("the failover", lambda now: now["promoted"] and now["takes_writes"]["standby"])
    told["writers"] = [member["IsWriter"] for member in members(DR) if member["DBClusterArn"] == arn]
    told["disabled"] = aws("route53", "update-health-check", "--health-check-id", CHECK, "--disabled", "--region", HOME)[
        "HealthCheck"]["HealthCheckConfig"]["Disabled"]
    told["served"] = [passes(180)["traffic"], health("db-us-west-2.internal.example.com")]
    return told


def calm():
    """The same on an ordinary day; what its monitor does each minute; and the deployment's own check."""
    output = tempfile.NamedTemporaryFile()
    invoked = aws("lambda", "invoke", "--function-name", "primary-monitor-function-prod", "--region", HOME, output.name)
    found = client("rds", HOME).describe_global_clusters(GlobalClusterIdentifier=GLOBAL)["GlobalClusters"][0]
    dimension = [{"Name": "GlobalCluster", "Value": GLOBAL}]
    metrics = client("cloudwatch", HOME)
    metrics.put_metric_data(Namespace="DR/Monitoring", MetricData=[
        {"MetricName": "ReplicationLag", "Dimensions": dimension, "Value": 1.5, "Unit": "Seconds"},
        {"MetricName": "ReplicationLag", "Dimensions": dimension, "Value": 7, "Unit": "Seconds"},
    ])
    passes(75)
    now = datetime.datetime.fromisoformat(truth()["at"])
    ask = {"Namespace": "DR/Monitoring", "MetricName": "ReplicationLag", "Period": 60, "Statistics": ["Maximum"],
           "StartTime": now - datetime.timedelta(minutes=20), "EndTime": now}

    def values(metrics, **more):
        return [point["Maximum"] for point in metrics.get_metric_statistics(**ask, **more)["Datapoints"]]

    return {
        "invoked": [invoked["StatusCode"], len(output.read()) > 0],
        "writer": [member["IsWriter"] for member in found["GlobalClusterMembers"]],
        "bare": try_aws(*FAILOVER, READER, "--region", HOME).refusal,
        "own metric": [values(metrics, Dimensions=dimension), values(metrics),
                       values(client("cloudwatch", DR), Dimensions=dimension)],
        "a metric of AWS": refused(metrics.put_metric_data, Namespace="AWS/RDS", MetricData=[
            {"MetricName": "ReplicaLag", "Value": 0}]),
        "no value": refused(metrics.put_metric_data, Namespace="DR/Monitoring", MetricData=[{"MetricName": "Nothing"}]),
        "sns": refused(client("sns", HOME).publish, TopicArn=f"arn:aws:sns:{HOME}:123456789012:dr", Message="lag"),
    }


run({"outage": outage, "calm": calm})
