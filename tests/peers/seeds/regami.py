"""Document 001's procedures as they stand. Primary us-east-1, standby us-west-2."""

from common import aws, client, health, passes, run, traffic, truth, try_aws, until, upsert

HOME, DR = "us-east-1", "us-west-2"
SOURCE, REPLICA, NEW = "regami-db", "regami-db-replica", "regami-db-primary-new"
ZONE = "Z1234567890ABC"
BALANCERS = {
    HOME: ("Z35SXDOTRQ7X7K", "regami-primary-1.us-east-1.elb.amazonaws.com"),
    DR: ("Z1H1FL5HABSF5", "regami-secondary-1.us-west-2.elb.amazonaws.com"),
}
KEY = "alias/regami-rds"


def alias(identifier, role, region):
    zone, name = BALANCERS[region]
    target = {"HostedZoneId": zone, "DNSName": name, "EvaluateTargetHealth": True}
    return upsert("api.regami.com", "A", identifier, role, AliasTarget=target)


def point(region):
    return aws("route53", "change-resource-record-sets", "--hosted-zone-id", ZONE, "--region", HOME,
               "--change-batch", alias("primary", "PRIMARY", region))


def scale_up():
    return aws("ecs", "update-service", "--cluster", "regami-cluster-secondary", "--service",
               "regami-service-secondary", "--desired-count", "2", "--region", DR)["service"]


def promote():
    aws("rds", "promote-read-replica", "--db-instance-identifier", REPLICA, "--region", DR)
    aws("rds", "wait", "db-instance-available", "--db-instance-identifier", REPLICA, "--region", DR)


def planned():
    """The planned failover: nobody stops the writes first, and nobody waits for the tasks."""
    promote()
    fleet = scale_up()
    point(DR)
    asked = health("api-secondary.regami.com", "/health?check=db")
    until("the application", lambda now: now["serves"]["standby"])
    moved = traffic("standby")
    return {"fleet": [fleet["desiredCount"], fleet["runningCount"]], "asked": asked, "moved": moved,
            "last": client("ecs", DR).describe_services(
                cluster="regami-cluster-secondary", services=["regami-service-secondary"])["services"][0]["runningCount"]}


def drill():
    """The drill promotes the replica of production."""
    before = [truth(), health("api.regami.com", "/health?check=db")]
    promote()
    scale_up()
    ready = until("the standby", lambda now: now["promoted"] and now["serves"]["standby"])
    source = client("rds", HOME).describe_db_instances(DBInstanceIdentifier=SOURCE)["DBInstances"][0]
    again = try_aws("rds", "promote-read-replica", "--db-instance-identifier", REPLICA, "--region", DR).refusal
    return {"before": before, "ready": ready, "replicas": source["ReadReplicaDBInstanceIdentifiers"], "again": again,
            "secondary": health("api-secondary.regami.com", "/health?check=db"), "later": passes(60)}


def failback():
    """The failback: each line is refused but the last, which moves the traffic to the database of hours ago."""
    create = ["rds", "create-db-instance-read-replica", "--db-instance-identifier", NEW, "--region", HOME]
    told = {
        "health": health("api-primary.regami.com", "/health?check=db"),
        "bare": try_aws(*create, "--source-db-instance-identifier", REPLICA).refusal,
        "waited": try_aws("rds", "wait", "db-instance-available", "--db-instance-identifier", NEW,
                          "--region", HOME).status,
        "promoted": try_aws("rds", "promote-read-replica", "--db-instance-identifier", NEW, "--region", HOME).refusal,
    }
    point(HOME)
    told["moved"] = traffic("primary")
    told["later"] = passes(60)
    standby = client("rds", DR).describe_db_instances(DBInstanceIdentifier=REPLICA)["DBInstances"][0]
    arn = standby["DBInstanceArn"]
    told["without a key"] = try_aws(*create, "--source-db-instance-identifier", arn).refusal
    told["with a key"] = try_aws(*create, "--source-db-instance-identifier", arn, "--kms-key-id", KEY).refusal
    return told


def failback_live():
    """The same with the mistakes of its lines put right, while the standby goes on taking writes."""
    rds = client("rds", HOME)
    aws("rds", "modify-db-instance", "--db-instance-identifier", SOURCE, "--new-db-instance-identifier",
        f"{SOURCE}-old", "--apply-immediately", "--region", HOME)
    until("the other name", lambda now: all(
        one["DBInstanceIdentifier"] != SOURCE for one in rds.describe_db_instances()["DBInstances"]))
    arn = client("rds", DR).describe_db_instances(DBInstanceIdentifier=REPLICA)["DBInstances"][0]["DBInstanceArn"]
    aws("rds", "create-db-instance-read-replica", "--db-instance-identifier", SOURCE, "--source-db-instance-identifier",
        arn, "--kms-key-id", KEY, "--region", HOME)
    # As the command line's own wait, which looks every 30 s.
    rds.get_waiter("db_instance_available").wait(DBInstanceIdentifier=SOURCE, WaiterConfig={"Delay": 0.2, "MaxAttempts": 99})
    caught_up = truth()
    aws("rds", "promote-read-replica", "--db-instance-identifier", SOURCE, "--region", HOME)
    promoted = until("the promotion", lambda now: now["promoted"] and now["takes_writes"]["primary"])
    return {"caught up": caught_up, "promoted": promoted, "later": passes(60)}


def automatic():
    """The automatic failover: the secondary record has no check of its own, only its load balancer's health."""
    before = [truth(), health("api.regami.com", "/health?check=db")]
    aws("route53", "change-resource-record-sets", "--hosted-zone-id", ZONE, "--region", HOME,
        "--change-batch", alias("standby", "SECONDARY", DR))
    empty = passes(180)
    scale_up()
    moved = traffic("standby")
    return {"before": before, "empty": empty, "moved": moved, "public": health("api.regami.com", "/health?check=db")}


def backups():
    """A snapshot by hand, its copy in the other Region, and the two ways back after damage."""
    here, there = client("rds", HOME), client("rds", DR)
    look = {"WaiterConfig": {"Delay": 0.2, "MaxAttempts": 200}}
    aws("rds", "create-db-snapshot", "--db-instance-identifier", SOURCE, "--db-snapshot-identifier", "before-deploy",
        "--region", HOME)
    here.get_waiter("db_snapshot_available").wait(DBSnapshotIdentifier="before-deploy", **look)
    arn = here.describe_db_snapshots(DBSnapshotIdentifier="before-deploy")["DBSnapshots"][0]["DBSnapshotArn"]
    copy = ["rds", "copy-db-snapshot", "--source-db-snapshot-identifier", arn, "--target-db-snapshot-identifier",
            "before-deploy", "--region", DR]
    told = {"copied": [try_aws(*copy).refusal, try_aws(*copy, "--kms-key-id", "alias/regami-rds-secondary").refusal]}
    there.get_waiter("db_snapshot_available").wait(DBSnapshotIdentifier="before-deploy", **look)
    aws("rds", "restore-db-instance-from-db-snapshot", "--db-instance-identifier", "regami-db-restored",
        "--db-snapshot-identifier", "before-deploy", "--region", DR)
    aws("rds", "restore-db-instance-to-point-in-time", "--source-db-instance-identifier", SOURCE,
        "--target-db-instance-identifier", "regami-db-point", "--use-latest-restorable-time", "--region", HOME)
    there.get_waiter("db_instance_available").wait(DBInstanceIdentifier="regami-db-restored", **look)
    told["names"] = sorted(one["DBInstanceIdentifier"] for one in there.describe_db_instances()["DBInstances"])
    told["hosts"] = len({one["Endpoint"]["Address"] for one in there.describe_db_instances()["DBInstances"]})
    return {**told, "truth": truth()}


run({"backups": backups, "planned": planned, "drill": drill, "failback": failback, "failback-live": failback_live, "automatic": automatic})
