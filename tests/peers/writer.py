"""The application: commits numbered rows to the primary, until its login is refused."""

import sys
import threading
import time

import psycopg

APP = ("app", "app-secret")


class Writer:
    def __init__(self, cluster, rate):
        self.cluster = cluster
        self.pause = 1.0 / rate if rate > 0 else 0.0
        self.acknowledged = 0
        self.acknowledged_at = None
        self.refused = None
        self.disconnects = 0
        self.running = False
        self.thread = None

    def start(self):
        if self.thread and self.thread.is_alive():
            return
        self.running, self.refused = True, None
        self.thread = threading.Thread(target=self.work, daemon=True)
        self.thread.start()

    def stop(self):
        self.running = False
        if self.thread:
            self.thread.join(15)

    def work(self):
        while self.running:
            try:
                with self.cluster.connect(role=APP) as connection:
                    self.write_rows(connection)
            except psycopg.OperationalError as error:
                self.disconnects += 1
                if "not permitted to log in" in str(error):
                    self.refused = str(error).strip()
                    self.running = False
                time.sleep(0.05)
            except psycopg.Error as error:
                # A cut session can also end in an error of another class.
                self.disconnects += 1
                if not self.running:
                    return
                print(f"writer: {error}", flush=True, file=sys.stderr)
                time.sleep(0.05)

    def write_rows(self, connection):
        # A commit whose answer was lost may be there all the same: count on from what is there.
        row = connection.execute("select coalesce(max(id), 0) from ledger").fetchone()
        following = row[0] + 1
        due = time.monotonic()
        while self.running:
            # Autocommit: returns when the server has committed.
            connection.execute("insert into ledger (id) values (%s)", (following,))
            self.acknowledged, self.acknowledged_at = following, time.time()
            following += 1
            due = max(due + self.pause, time.monotonic() - 0.1)
            time.sleep(max(0.0, due - time.monotonic()))

    def state(self):
        return {
            "acknowledged": self.acknowledged, "acknowledged_at": self.acknowledged_at,
            "running": bool(self.thread and self.thread.is_alive()), "refused": self.refused,
            "disconnects": self.disconnects,
        }
