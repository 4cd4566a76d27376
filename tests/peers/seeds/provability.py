"""Document 002's procedures as they stand. Primary us-west-2, standby us-east-1."""

from common import aws, client, health, passes, run, traffic, try_aws

HOME, DR = "us-west-2", "us-east-1"
CHECK = "5f0a7c52-1d4e-4b8a-9c55-0e2f6b3d7a02"
PUBLIC = "sidecar.provability-fabric.org"


def update(*flags):
    answer = aws("route53", "update-health-check", "--health-check-id", CHECK, *flags, "--region", DR)
    config = answer["HealthCheck"]["HealthCheckConfig"]
    return [config["Disabled"], config["Inverted"]]


def promote():
    """The document has no line for it: what a failover record leads to must take writes first."""
    client("rds", DR).promote_read_replica(DBInstanceIdentifier="provability-secondary")


def manual():
    """The manual failover: the primary's check is disabled, and that says that the primary is healthy."""
    promote()
    told = {"itself": traffic("standby")}
    told["disabled"] = [update("--disabled"), traffic("primary"), health(PUBLIC)]
    told["inverted"] = [update("--disabled", "--inverted"), traffic("standby"), health(PUBLIC)]
    # The document's line back, which leaves the inversion: the dead primary's check is healthy again.
    told["enabled"] = [update("--no-disabled"), traffic("primary")]
    return told


def comes_back():
    """Nobody does anything: the check turns healthy, and the record goes back to the database of before."""
    promote()
    traffic("standby")
    taken_back = traffic("primary")
    later = passes(60)
    listed = try_aws("s3", "ls", "s3://provability-dumps-us-east-1/", "--region", DR)
    return {"taken back": taken_back, "later": later, "public": health(PUBLIC),
            "listed": [listed.status, listed.printed.split()]}


run({"manual": manual, "comes-back": comes_back})
