"""The test peers in one program: AWS (moto, mended) with a port per Region, and two real PostgreSQL clusters.

Prints one line of JSON when all is ready; stops, and leaves nothing behind, when its input closes or on SIGTERM.
"""

import argparse
import json
import os
import signal
import sys
import threading
import time

os.environ.setdefault("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
os.environ["AWS_EC2_METADATA_DISABLED"] = "true"

import postgres  # noqa: E402
import writer  # noqa: E402

REGIONS = ("us-east-1", "us-west-2")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--writer-rate", type=float, default=200.0, help="commits per second; 0: as fast as they go")
    parser.add_argument("--no-writer", action="store_true", help="don't start the writer by itself")
    parser.add_argument("--lag-interval", type=float, default=60.0, help="seconds between points of ReplicaLag")
    parser.add_argument("--promote", type=float, nargs=3, default=[1.0, 1.0, 1.0], metavar=("AVAILABLE", "MODIFYING", "REBOOTING"),
                        help="seconds that each state lasts after PromoteReadReplica")
    parser.add_argument("--pending", type=float, default=1.0, help="seconds until a Route 53 change is INSYNC")
    return parser.parse_args()


class Peers:
    def __init__(self, options):
        self.options = options
        self.pair = postgres.Pair()
        self.writer = writer.Writer(self.pair.primary, options.writer_rate)

    def start(self):
        # On the main thread: the clusters end with the thread that started them. moto is imported after, for a fast failure.
        self.pair.start()
        import aws
        import control
        import estate
        import mend
        from moto.cloudwatch.models import cloudwatch_backends
        from moto.core import DEFAULT_ACCOUNT_ID
        from moto.route53.models import route53_backends

        self.promotion = mend.Promotion(self.options.promote, self.pair.promote)
        self.changes = mend.Changes(self.options.pending)
        mend.install(self.promotion, self.changes)
        self.log = aws.Log()
        moto = aws.Moto()
        self.endpoints = {name: aws.Endpoint(name, moto, self.log) for name in (*REGIONS, "global")}
        self.estate = estate.Estate({name: endpoint.port for name, endpoint in self.endpoints.items()})
        self.estate.seed()
        self.zones = route53_backends[DEFAULT_ACCOUNT_ID]["aws"].zones
        self.described = mend.described
        self.log.recording = True
        self.lag = estate.LagPublisher(cloudwatch_backends[DEFAULT_ACCOUNT_ID]["us-west-2"], self.pair, self.options.lag_interval)
        self.lag.start()
        if not self.options.no_writer:
            self.writer.start()
        self.control = control.Control(self)

    def ready(self):
        return {
            "pid": os.getpid(), "control_port": self.control.port,
            "regions": {name: endpoint.port for name, endpoint in self.endpoints.items()},
            "postgres": {
                "primary_port": self.pair.primary.port, "standby_port": self.pair.standby.port,
                "database": postgres.DATABASE,
            },
            **self.estate.ids,
        }

    def state(self):
        return {
            **self.ready(), "modes": {name: endpoint.mode for name, endpoint in self.endpoints.items()},
            "writer": self.writer.state(), "replicating": self.pair.replicating(), "lag_points": self.lag.published,
            "errors": list(self.promotion.errors), "calls": list(self.log.entries),
        }

    def records(self):
        zone = self.zones[self.estate.ids["hosted_zone"]]
        return {"zone": zone.name, "records": [self.described(record) for record in list(zone.rrsets)]}

    def sql(self, cluster, query):
        clusters = {"primary": self.pair.primary, "standby": self.pair.standby}
        return {"rows": clusters[cluster].query(query)}

    def set_region(self, region, mode):
        self.endpoints[region].set_mode(mode)

    def set_replication(self, mode):
        actions = {"pause": self.pair.pause_replay, "resume": self.pair.resume_replay, "cut": self.pair.cut}
        actions[mode]()

    def set_writer(self, mode):
        {"start": self.writer.start, "stop": self.writer.stop}[mode]()

    def set_health(self, health_check, healthy):
        if health_check not in self.estate.ids["health_checks"].values():
            raise LookupError(health_check)
        self.changes.healthy[health_check] = bool(healthy)


def stop_on(event):
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: event.set())

    def watch_input():
        while os.read(0, 4096):
            pass
        event.set()

    threading.Thread(target=watch_input, daemon=True).start()


def main():
    options = arguments()
    begun = time.monotonic()
    over = threading.Event()
    stop_on(over)
    peers = Peers(options)
    status = 0
    try:
        peers.start()
        print(json.dumps({**peers.ready(), "seconds": round(time.monotonic() - begun, 2)}), flush=True)
        while not over.wait(3600):
            pass
    except Exception as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
        status = 1
    finally:
        peers.writer.running = False
        peers.pair.stop()
    sys.stdout.flush()
    # Threads that hold a hanging Region's connections end with the process.
    os._exit(status)


if __name__ == "__main__":
    main()
