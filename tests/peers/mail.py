"""A mail server on loopback, by aiosmtpd. Its first line of output says where it is; every mail that it takes is a line of JSON.

It defers the first mails (451), lets the next hang, refuses those to `never@…` for good, and ends when its input does.
"""

import argparse
import asyncio
import datetime
import ipaddress
import json
import os
import pathlib
import ssl
import sys
from email import message_from_bytes, policy

from aiosmtpd.smtp import SMTP, AuthResult


def certificate(folder):
    """A certificate for localhost, signed by itself."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.timezone.utc)
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = folder / "cert.pem"
    pem.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return pem


class Handler:
    def __init__(self, defer, hang):
        self.defer, self.hang = defer, hang

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("never@"):
            return "550 5.1.1 nobody here has that name"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        mail = message_from_bytes(envelope.content, policy=policy.default)
        outcome = "taken"
        if self.defer > 0:
            self.defer, outcome = self.defer - 1, "deferred"
        elif self.hang > 0:
            self.hang, outcome = self.hang - 1, "hung"
        print(json.dumps({
            "outcome": outcome, "from": envelope.mail_from, "to": envelope.rcpt_tos, "subject": mail["Subject"],
            "id": mail["Message-ID"], "key": mail["X-Handover-Key"], "auto": mail["Auto-Submitted"],
            "tls": session.ssl is not None, "user": bool(session.authenticated), "body": mail.get_content(),
        }), flush=True)
        if outcome == "deferred":
            return "451 4.3.2 try again later"
        if outcome == "hung":
            await asyncio.sleep(3600)
        return "250 2.0.0 taken"


parser = argparse.ArgumentParser()
parser.add_argument("--defer", type=int, default=0)
parser.add_argument("--hang", type=int, default=0)
parser.add_argument("--tls", type=pathlib.Path, help="a folder for a certificate; then STARTTLS and a login are demanded")
options = parser.parse_args()
secured, pem = {}, None
if options.tls:
    pem = certificate(options.tls)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, options.tls / "key.pem")

    def login(server, session, envelope, mechanism, data):
        good = (data.login, data.password) == (b"handover", b"mail-secret")
        return AuthResult(success=good, handled=good or None)

    secured = {"tls_context": context, "require_starttls": True, "auth_required": True, "authenticator": login}


async def main():
    loop = asyncio.get_running_loop()
    handler = Handler(options.defer, options.hang)
    make = lambda: SMTP(handler, hostname="localhost", loop=loop, **secured)  # noqa: E731
    server = await loop.create_server(make, "127.0.0.1", 0)
    print(json.dumps({"port": server.sockets[0].getsockname()[1], "pem": pem and str(pem)}), flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    sys.stdout.flush()
    # What hangs ends with the process.
    os._exit(0)


asyncio.run(main())
