"""An identity provider in a thread, that can be told to be dishonest, slow or broken."""

import base64
import hashlib
import hmac
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"


class Provider:
    """What it says, and how: change the attributes, then let somebody sign in.

    `claims` are of the person who is signed in there; `alter` changes the claims of an ID
    token before it is signed; `sign` makes the token of them.
    """

    def __init__(self):
        self.key = RSAKey.generate_key(2048, {"kid": "one"})
        self.published = [self.key]
        self.claims = {"sub": "u-max", "email": "max@example.com", "email_verified": True}
        self.userinfo = None
        self.alter = dict
        self.sign = self.signed
        self.broken = {}
        self.asked = []
        self.codes = {}
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.issuer = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def signed(self, claims, key=None, typ="JWT"):
        key = key or self.key
        return jwt.encode({"alg": "RS256", "kid": key.kid, "typ": typ}, claims, key)

    def unsigned(self, claims):
        parts = [_encoded(json.dumps(p).encode()) for p in ({"alg": "none", "typ": "JWT"}, claims)]
        return ".".join([*parts, ""])

    def signed_by_public_key(self, claims):
        """HMAC with the published key as its secret: what a naive check takes for RS256."""
        parts = [_encoded(json.dumps(p).encode()) for p in ({"alg": "HS256", "kid": "one"}, claims)]
        secret = self.key.as_pem(private=False)
        mark = hmac.digest(secret, ".".join(parts).encode(), "sha256")
        return ".".join([*parts, _encoded(mark)])

    def logout_token(self, key=None, **changes):
        now = int(time.time())
        claims = {
            **{"iss": self.issuer, "aud": "countersign", "iat": now, "exp": now + 120},
            **{"jti": f"j-{time.monotonic_ns()}", "sub": "u-max", "sid": "s-1"},
            "events": {LOGOUT_EVENT: {}},
            **changes,
        }
        claims = {name: value for name, value in claims.items() if value is not None}
        return self.signed(claims, key, typ="logout+jwt")

    def authorize(self, address):
        """What happens in the browser there: the code and state it comes back with."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        code = f"code-{len(self.codes)}"
        self.codes[code] = asked
        self.asked.append(asked)
        return {"code": code, "state": asked["state"]}

    def token(self, form):
        asked = self.codes.pop(form["code"])
        made = hashlib.sha256(form["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(made).rstrip(b"=").decode()
        if asked["code_challenge_method"] != "S256" or asked["code_challenge"] != challenge:
            return 400, {"error": "invalid_grant"}
        now = int(time.time())
        claims = {
            **{"iss": self.issuer, "aud": "countersign", "iat": now, "exp": now + 300},
            **{"nonce": asked["nonce"], "sid": "s-1"},
            **self.claims,
        }
        token = self.sign(self.alter(claims))
        said = {"access_token": "at", "token_type": "Bearer", "id_token": token}
        return 200, said if token else {"access_token": "at", "token_type": "Bearer"}

    def description(self):
        said = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "end_session_endpoint": f"{self.issuer}/leave",
            "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"],
        }
        if self.userinfo is not None:
            said["userinfo_endpoint"] = f"{self.issuer}/me"
        return said

    def answer(self, path, form):
        if path in self.broken:
            return self.broken[path]
        if path == "/token":
            return self.token(form)
        keys = {"keys": [key.as_dict(private=False) for key in self.published]}
        known = {"/keys": keys, "/me": self.userinfo}
        return 200, known.get(path) or self.description()

    def _handler(provider):  # noqa: N805  the handler inside is the one with a self
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                self.reply({})

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                self.reply({name: values[0] for name, values in parse_qs(body).items()})

            def reply(self, form):
                status, said = provider.answer(urlsplit(self.path).path, form)
                body = said if isinstance(said, bytes) else json.dumps(said).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                if 300 <= status < 400:
                    self.send_header("Location", f"{provider.issuer}/elsewhere")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        return Handler


def _encoded(raw):
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
