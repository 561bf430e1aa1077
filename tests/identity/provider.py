"""An OpenID provider on loopback that can be told to answer wrongly in one point."""

import asyncio
import base64
import hashlib
import hmac
import json
import secrets
import socket
import time
from collections.abc import Mapping
from contextlib import suppress
from urllib.parse import parse_qs, unquote, urlsplit

import uvicorn
from joserfc import jwt
from joserfc.jwk import KeySet, OctKey, RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from parley.identity.service.providers import Wanted

CLIENT_ID = "parley-test"
CLIENT_SECRET = "a secret: with /signs+and spaces"


def new_key(kid: str) -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": kid, "use": "sig", "alg": "RS256"})


class LoopbackProvider:
    """Signs in whom it is told to.

    What is set in `claims`, `header`, `metadata`, `answer` and `back` replaces the right value; None takes it away.
    """

    KEY = new_key("first")
    OTHER = new_key("second")

    def __init__(self) -> None:
        self.person = {
            "sub": "subject-1",
            "email": "charlie@example.org",
            "email_verified": True,
            "name": "Charlie Cole",
        }
        self.claims: dict[str, object] = {}
        self.header: dict[str, object] = {}
        self.metadata: dict[str, object] = {}
        self.answer: dict[str, object] = {}
        self.back: dict[str, str | None] = {}
        self.key: RSAKey | OctKey | bytes = self.KEY
        self.published = [self.KEY]
        self.down: set[str] = set()
        self.asked: list[str] = []
        self.secrets_seen: set[str] = set()
        self.codes: dict[str, Mapping[str, str]] = {}
        self._server: uvicorn.Server | None = None

    async def start(self) -> None:
        listening = socket.create_server(("127.0.0.1", 0))
        self.issuer = f"http://127.0.0.1:{listening.getsockname()[1]}"
        app = Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self._metadata),
                Route("/jwks", self._jwks),
                Route("/token", self._token, methods=["POST"]),
            ]
        )
        self._server = uvicorn.Server(uvicorn.Config(app, lifespan="off", log_config=None))
        self._task = asyncio.create_task(self._server.serve(sockets=[listening]))

    def wanted(self, **more: object) -> Wanted:
        """Return how IT sets this provider up."""
        right = {
            "slug": "test",
            "name": "Test",
            "issuer": self.issuer,
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
            "domains": ("example.org",),
        }
        return Wanted(**{**right, **more})

    async def stop(self) -> None:
        self._server.should_exit = True
        with suppress(asyncio.CancelledError):
            await self._task

    def approve(self, location: str) -> str:
        """Do what the person does at the provider: return the callback's query for an authorization address."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}
        assert asked["response_type"] == "code"
        assert asked["client_id"] == CLIENT_ID
        assert asked["code_challenge_method"] == "S256"
        assert "openid" in asked["scope"].split()
        code = secrets.token_urlsafe(16)
        self.codes[code] = asked
        back = {"code": code, "state": asked["state"], "iss": self.issuer, **self.back}
        return "&".join(f"{name}={value}" for name, value in back.items() if value is not None)

    async def _metadata(self, _request: Request) -> Response:
        self.asked.append("metadata")
        if "metadata" in self.down:
            return Response("no", 503)
        document = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/jwks",
            "authorization_response_iss_parameter_supported": True,
            "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"],
            **self.metadata,
        }
        return JSONResponse({name: value for name, value in document.items() if value is not None})

    async def _jwks(self, _request: Request) -> Response:
        self.asked.append("jwks")
        if "jwks" in self.down:
            return Response("no", 503)
        return JSONResponse(KeySet(list(self.published)).as_dict(private=False))

    async def _token(self, request: Request) -> Response:
        self.asked.append("token")
        if "token" in self.down:
            return Response("no", 503)
        form = await request.form()
        asked = self.codes.pop(str(form.get("code")), None)
        if not self._is_client(request, form):
            return JSONResponse({"error": "invalid_client"}, 401)
        if asked is None:
            return JSONResponse({"error": "invalid_grant"}, 400)
        challenge = _coded(hashlib.sha256(str(form["code_verifier"]).encode()).digest())
        if challenge != asked["code_challenge"] or form["redirect_uri"] != asked["redirect_uri"]:
            return JSONResponse({"error": "invalid_grant"}, 400)
        answer = {
            "access_token": "an access token",
            "token_type": "Bearer",
            "id_token": self._sign(asked),
            **self.answer,
        }
        return JSONResponse({name: value for name, value in answer.items() if value is not None})

    def _is_client(self, request: Request, form: Mapping[str, object]) -> bool:
        name, secret = str(form.get("client_id", "")), str(form.get("client_secret", ""))
        if "authorization" in request.headers:
            pair = base64.b64decode(request.headers["authorization"].removeprefix("Basic ")).decode()
            name, secret = (unquote(part) for part in pair.split(":", 1))
        self.secrets_seen.add(secret)
        return (name, secret) == (CLIENT_ID, CLIENT_SECRET)

    def _sign(self, asked: Mapping[str, str]) -> str:
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": CLIENT_ID,
            "iat": now,
            "exp": now + 300,
            "nonce": asked["nonce"],
            **self.person,
            **self.claims,
        }
        header = {"alg": "RS256", "kid": "first", **self.header}
        claims = {name: value for name, value in claims.items() if value is not None}
        if header["alg"] == "none":
            return f"{_part({'alg': 'none'})}.{_part(claims)}."
        if isinstance(self.key, bytes):  # a secret that a library refuses to take for one
            signed = f"{_part(header)}.{_part(claims)}"
            return f"{signed}.{_coded(hmac.digest(self.key, signed.encode(), 'sha256'))}"
        return jwt.encode(header, claims, self.key, algorithms=["RS256", "HS256"])


def _part(value: Mapping[str, object]) -> str:
    return _coded(json.dumps(value).encode())


def _coded(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")
