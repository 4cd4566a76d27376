"""Asks an AWS endpoint everything that the console asks, by boto3, and prints what it understood, as JSON."""

import datetime
import json
import sys

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

ENDPOINT, SOURCE, TARGET, ZONE, SECRET = sys.argv[1:6]


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
rds, cloudwatch = client("rds", TARGET), client("cloudwatch", TARGET)
route53, secrets, ecs = client("route53", SOURCE), client("secretsmanager", TARGET), client("ecs", TARGET)
replica = rds.describe_db_instances()["DBInstances"][0]
name = replica["DBInstanceIdentifier"]
lag = {"Namespace": "AWS/RDS", "MetricName": "ReplicaLag",
       "Dimensions": [{"Name": "DBInstanceIdentifier", "Value": name}]}
span = {"StartTime": now - datetime.timedelta(minutes=20), "EndTime": now}
query = {"Id": "lag", "MetricStat": {"Metric": lag, "Period": 60, "Stat": "Maximum"}}
check = route53.list_health_checks()["HealthChecks"][0]["Id"]
records = route53.list_resource_record_sets(HostedZoneId=ZONE)["ResourceRecordSets"]

print(json.dumps({
    "replica": [name, replica["DBInstanceStatus"], replica["StatusInfos"][0]["Status"]],
    "source": client("rds", SOURCE).describe_db_instances()["DBInstances"][0]["DBInstanceStatus"],
    "not there": refused(rds.describe_db_instances, DBInstanceIdentifier="other"),
    "lag": cloudwatch.get_metric_data(MetricDataQueries=[query], **span)["MetricDataResults"][0]["Values"],
    "statistics": sorted(
        (point["Timestamp"].isoformat(), point["Maximum"])
        for point in cloudwatch.get_metric_statistics(Period=60, Statistics=["Maximum"], **lag, **span)["Datapoints"]
    ),
    "no such metric": cloudwatch.get_metric_statistics(
        Namespace="AWS/RDS", MetricName="AuroraGlobalDBRPLag", Period=300, Statistics=["Average"], **span)["Datapoints"],
    "alarms": [alarm["StateValue"] for alarm in cloudwatch.describe_alarms()["MetricAlarms"]],
    "not understood": refused(cloudwatch.list_dashboards),
    "failover": sorted(record["Failover"] for record in records if "Failover" in record),
    "servers": len(route53.get_hosted_zone(Id=ZONE)["DelegationSet"]["NameServers"]),
    "check": route53.get_health_check(HealthCheckId=check)["HealthCheck"]["HealthCheckConfig"]["Disabled"],
    "checkers": len(route53.get_health_check_status(HealthCheckId=check)["HealthCheckObservations"]),
    "secret": secrets.describe_secret(SecretId=SECRET)["ReplicationStatus"][0]["Status"],
    "replica is read-only": refused(secrets.put_secret_value, SecretId=SECRET, SecretString="x"),
    "no cluster": refused(ecs.describe_services, cluster="none", services=["none"]),
}))
