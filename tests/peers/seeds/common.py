"""What the drivers share: the AWS command line and boto3 against one endpoint, and the truth behind it.

The command line is awscli's own program, run within this process: one start for all its lines."""

import contextlib
import http.client
import io
import json
import sys
import time
import urllib.parse

import boto3
from awscli.clidriver import create_clidriver
from botocore.config import Config
from botocore.exceptions import ClientError

ENDPOINT, PROCEDURE = sys.argv[1:3]
ADDRESS = urllib.parse.urlsplit(ENDPOINT).netloc


class Line:
    """A line for the command line: how it ended, what it printed, what it said, and how long it took."""

    def __init__(self, words):
        out, said = io.StringIO(), io.StringIO()
        began = time.monotonic()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(said):
            try:
                self.status = create_clidriver().main(["--endpoint-url", ENDPOINT, *words])
            except SystemExit as end:
                self.status = end.code
        self.took = time.monotonic() - began
        self.printed, self.said = out.getvalue(), said.getvalue().strip()

    @property
    def answer(self):
        return json.loads(self.printed) if self.printed.strip() else None

    @property
    def refusal(self):
        """The error's code, `timeout`, or `accepted`."""
        if self.status == 0:
            return "accepted"
        if "Read timeout" in self.said:
            return "timeout"
        return self.said.partition("(")[2].partition(")")[0] or self.said


def try_aws(*words):
    return Line(words)


def aws(*words):
    """A line that must be accepted; what it prints, read as JSON."""
    line = Line(words)
    if line.status != 0:
        raise SystemExit(f"aws {' '.join(words)}: {line.status}: {line.said}")
    return line.answer


def client(service, region):
    return boto3.client(
        service, region_name=region, endpoint_url=ENDPOINT, config=Config(retries={"total_max_attempts": 1}, read_timeout=10),
    )


def refused(call, **parameters):
    try:
        call(**parameters)
    except ClientError as error:
        return error.response["Error"]["Code"]
    return "accepted"


def get(host, path, timeout):
    connection = http.client.HTTPConnection(ADDRESS, timeout=timeout)
    connection.request("GET", path, headers={"Host": host})
    answer = connection.getresponse()
    return answer.status, answer.read()


def health(host, path="/health", timeout=1):
    """The status that a name of the service answers; none where nothing comes back."""
    try:
        return get(host, path, timeout)[0]
    except (OSError, http.client.HTTPException):
        return None


def truth():
    return json.loads(get(ADDRESS, "/truth", 10)[1])


def until(what, holds, limit=40):
    """Waits until something is so; what was so then."""
    ends = time.monotonic() + limit
    while True:
        now = truth()
        if holds(now):
            return now
        if time.monotonic() > ends:
            raise SystemExit(f"{what} never came to be: {now}")
        time.sleep(0.05)


def traffic(home):
    return until(f"traffic to the {home}", lambda now: now["traffic"] == home)


def passes(seconds):
    """Waits for simulated time."""
    ends = truth()["scenario_ms"] + 1000 * seconds
    return until(f"{seconds} s", lambda now: now["scenario_ms"] >= ends)


def upsert(name, kind, identifier, role, **more):
    """A batch with one record of a failover pair."""
    record = {"Name": name, "Type": kind, "SetIdentifier": identifier, "Failover": role, **more}
    return json.dumps({"Changes": [{"Action": "UPSERT", "ResourceRecordSet": record}]})


def run(procedures):
    print(json.dumps(procedures[PROCEDURE]()))
