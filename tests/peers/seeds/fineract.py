"""Document 000's procedures as they stand. Primary us-east-1, standby us-west-2."""

from common import aws, client, health, passes, refused, run, traffic, truth, try_aws, until, upsert

HOME, DR = "us-east-1", "us-west-2"
REPLICA = "fineract-production-replica"
SECRET = "/fineract/production/sealed-secrets/master-key"
ZONE = "Z0FINERACTEXAMPLE"
# The file that the workflow has for its record change is not in the document: the record at the other Region's name.
TO_DR = upsert("api.fineract.com", "CNAME", "primary", "PRIMARY", TTL=60,
               ResourceRecords=[{"Value": "api-us-west-2.fineract.com"}])


def promote():
    """The workflow and the checklist: promote, wait, secrets."""
    aws("rds", "promote-read-replica", "--db-instance-identifier", REPLICA, "--region", DR)
    wait = try_aws("rds", "wait", "db-instance-available", "--db-instance-identifier", REPLICA, "--region", DR)
    after = truth()
    replica = client("rds", DR).describe_db_instances(DBInstanceIdentifier=REPLICA)["DBInstances"][0]
    return {
        "waited": [wait.status, wait.took],
        "after": after,
        "replica": [replica["DBInstanceStatus"], "ReadReplicaSourceDBInstanceIdentifier" in replica],
        # The restore script's Region, unless somebody sets another, is the one that is gone.
        "restore": try_aws("secretsmanager", "get-secret-value", "--secret-id", SECRET, "--region", HOME,
                           "--query", "SecretString", "--output", "text", "--cli-read-timeout", "1").refusal,
        "restore in DR": aws("secretsmanager", "get-secret-value", "--secret-id", SECRET, "--region", DR)["VersionStages"],
    }


def dns_first():
    """The workflow does not even wait: DNS moves at once; nobody fences the old primary, which comes back."""
    aws("route53", "change-resource-record-sets", "--hosted-zone-id", ZONE, "--change-batch", TO_DR, "--region", HOME)
    moved = traffic("standby")
    public = health("api.fineract.com")
    aws("rds", "promote-read-replica", "--db-instance-identifier", REPLICA, "--region", DR)
    until("the promotion", lambda now: now["promoted"])
    back = until("the old primary", lambda now: now["answers"]["primary"] == "ok")
    return {"moved": moved, "public": public, "back": back, "later": passes(60)}


def secrets():
    """The drill's and the weekly test's look at the secret, and the backup that writes to both Regions."""
    value = ["--query", "SecretString", "--output", "text"]
    near, far = client("secretsmanager", HOME), client("secretsmanager", DR)
    first = far.get_secret_value(SecretId=SECRET)["SecretString"]
    shown = {}
    for region in (HOME, DR):
        shown[region] = aws("secretsmanager", "describe-secret", "--secret-id", SECRET, "--region", region)["Name"]

    def put_in(region):
        return try_aws("secretsmanager", "put-secret-value", "--secret-id", SECRET, "--secret-string",
                       '{"keys": "new"}', "--region", region).refusal

    put = [put_in(HOME)]
    values = [one.get_secret_value(SecretId=SECRET)["SecretString"] for one in (near, far)]
    put += [put_in(DR)]
    passes(25)
    line = [try_aws("secretsmanager", "get-secret-value", "--secret-id", SECRET, "--region", region, *value).printed
            for region in (HOME, DR)]
    return {
        "described": shown, "put": put, "first": first, "at once": values, "later": line,
        "before": far.get_secret_value(SecretId=SECRET, VersionStage="AWSPREVIOUS")["SecretString"],
        "no such version": refused(far.get_secret_value, SecretId=SECRET, VersionId="0" * 32),
        "no such secret": refused(far.get_secret_value, SecretId="/fineract/uat/sealed-secrets/master-key"),
    }


run({"promote": promote, "dns-first": dns_first, "secrets": secrets})
