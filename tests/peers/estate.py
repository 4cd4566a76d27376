"""The estate of the Fineract service, made through the endpoints as any client would; and its lag, published."""

import datetime
import math
import sys
import threading
import time

import boto3
from botocore.config import Config
from moto.core.utils import utcnow

PRIMARY, STANDBY = "us-east-1", "us-west-2"
SOURCE, REPLICA = "fineract-production-primary", "fineract-production-replica"
SECRET = "/fineract/production/sealed-secrets/master-key"
MINUTES = 30


class Estate:
    def __init__(self, ports):
        self.ports = ports
        self.ids = {}

    def client(self, service, region):
        port = self.ports["global" if service == "route53" else region]
        return boto3.client(
            service, region_name=region, endpoint_url=f"http://127.0.0.1:{port}", aws_access_key_id="test",
            aws_secret_access_key="test", config=Config(retries={"max_attempts": 0}, connect_timeout=5, read_timeout=60),
        )

    def seed(self):
        self.subnets()
        self.databases()
        self.traffic()
        self.secret()
        self.alarms()

    def subnets(self):
        """The subnet group that is named when an instance is made anew."""
        for region in (PRIMARY, STANDBY):
            ids = [subnet["SubnetId"] for subnet in self.client("ec2", region).describe_subnets()["Subnets"]]
            self.client("rds", region).create_db_subnet_group(
                DBSubnetGroupName="fineract-production-db", DBSubnetGroupDescription="databases", SubnetIds=ids,
            )

    def databases(self):
        made = self.client("rds", PRIMARY).create_db_instance(
            DBInstanceIdentifier=SOURCE, Engine="postgres", EngineVersion="15.4", DBInstanceClass="db.t3.large",
            AllocatedStorage=100, MasterUsername="fineract", MasterUserPassword="not-a-secret", DBName="fineract",
            BackupRetentionPeriod=30, PreferredBackupWindow="03:00-04:00", MultiAZ=True,
        )["DBInstance"]
        replica = self.client("rds", STANDBY).create_db_instance_read_replica(
            DBInstanceIdentifier=REPLICA, SourceDBInstanceIdentifier=made["DBInstanceArn"], SourceRegion=PRIMARY,
            DBInstanceClass="db.t3.large", AutoMinorVersionUpgrade=False, PubliclyAccessible=False, MultiAZ=False,
            AvailabilityZone=f"{STANDBY}a",
        )["DBInstance"]
        self.ids["source"] = {"id": SOURCE, "arn": made["DBInstanceArn"]}
        self.ids["replica"] = {"id": REPLICA, "arn": replica["DBInstanceArn"]}

    def traffic(self):
        route53 = self.client("route53", PRIMARY)
        zone = route53.create_hosted_zone(Name="fineract.com", CallerReference="fineract")["HostedZone"]["Id"]
        checks, changes = {}, []
        for region, role in ((PRIMARY, "PRIMARY"), (STANDBY, "SECONDARY")):
            host = f"api-{region}.fineract.com"
            checks[region] = route53.create_health_check(
                CallerReference=region,
                HealthCheckConfig={
                    "Type": "HTTPS", "FullyQualifiedDomainName": host, "Port": 443, "ResourcePath": "/health",
                    "RequestInterval": 10, "FailureThreshold": 3,
                },
            )["HealthCheck"]["Id"]
            changes.append({"Action": "CREATE", "ResourceRecordSet": {
                "Name": "api.fineract.com", "Type": "CNAME", "SetIdentifier": region, "Failover": role, "TTL": 60,
                "ResourceRecords": [{"Value": host}], "HealthCheckId": checks[region],
            }})
        route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": changes})
        self.ids["hosted_zone"] = zone.rsplit("/", 1)[-1]
        self.ids["health_checks"] = checks

    def secret(self):
        made = self.client("secretsmanager", PRIMARY).create_secret(
            Name=SECRET, SecretString='{"keys": "bm90IGEgc2VjcmV0"}', AddReplicaRegions=[{"Region": STANDBY}]
        )
        self.ids["secret"] = {"name": SECRET, "arn": made["ARN"], "version_id": made["VersionId"]}

    def alarms(self):
        dimensions = [{"Name": "DBInstanceIdentifier", "Value": REPLICA}]
        self.alarm(STANDBY, "fineract-production-replica-lag", "AWS/RDS", "ReplicaLag", dimensions, 300)
        self.alarm(STANDBY, "fineract-production-dr-api-5xx", "Fineract/Api", "Http5xx", [], 10)
        self.alarm(PRIMARY, "fineract-production-api-5xx", "Fineract/Api", "Http5xx", [], 10)
        dimensions = [{"Name": "DBInstanceIdentifier", "Value": SOURCE}]
        self.alarm(PRIMARY, "fineract-production-primary-cpu", "AWS/RDS", "CPUUtilization", dimensions, 90)

    def alarm(self, region, name, namespace, metric, dimensions, threshold):
        cloudwatch = self.client("cloudwatch", region)
        cloudwatch.put_metric_alarm(
            AlarmName=name, Namespace=namespace, MetricName=metric, Dimensions=dimensions, Statistic="Maximum", Period=60,
            EvaluationPeriods=3, Threshold=threshold, ComparisonOperator="GreaterThanThreshold", TreatMissingData="missing",
        )
        cloudwatch.set_alarm_state(AlarmName=name, StateValue="OK", StateReason="Threshold not crossed")


class LagPublisher:
    """ReplicaLag as RDS publishes it in the replica's Region: the past half hour, then on, while replication works."""

    def __init__(self, backend, pair, interval):
        self.backend = backend
        self.pair = pair
        self.interval = interval
        self.published = 0

    def put(self, at, seconds):
        # Straight into moto: a Region whose API hangs goes on measuring.
        self.backend.put_metric_data("AWS/RDS", [{
            "MetricName": "ReplicaLag", "Value": float(seconds), "Unit": "Seconds", "Timestamp": at,
            "Dimensions": [{"Name": "DBInstanceIdentifier", "Value": REPLICA}],
        }])
        self.published += 1

    def start(self):
        now = utcnow()
        for minute in range(MINUTES, 0, -1):
            at = now.replace(second=0, microsecond=0) - datetime.timedelta(minutes=minute - 1)
            self.put(at, round(1.5 + math.sin(minute / 3.0) + 0.1 * (minute % 5), 3))
        threading.Thread(target=self.go_on, daemon=True).start()

    def go_on(self):
        while True:
            time.sleep(self.interval)
            try:
                if self.pair.replicating():
                    self.put(utcnow(), self.pair.lag_seconds())
            except Exception as error:
                print(f"lag: {error}", file=sys.stderr, flush=True)
