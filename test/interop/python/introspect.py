"""Introspects tokens with Authlib, a client that others wrote, in Python.

Standard input is JSON: issuer, client_id, client_secret, and attempts, each a token and parameters of
ours. Standard output is a JSON list with the status and the body of each answer.
"""

import json
import sys
from urllib.parse import urlencode

import requests
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata

asked = json.load(sys.stdin)
metadata = AuthorizationServerMetadata(
    requests.get(asked["issuer"] + "/.well-known/oauth-authorization-server", timeout=10).json()
)
assert metadata["issuer"] == asked["issuer"], metadata["issuer"]
metadata.validate_introspection_endpoint_auth_methods_supported()

session = OAuth2Session(
    asked["client_id"],
    asked["client_secret"],
    token_endpoint_auth_method="client_secret_basic",
)
answers = []
for attempt in asked["attempts"]:
    answer = session.introspect_token(
        metadata["introspection_endpoint"],
        token=attempt["token"],
        token_type_hint="access_token",
        body=urlencode(attempt["parameters"], doseq=True),
    )
    answers.append({"status": answer.status_code, "body": answer.json()})
json.dump(answers, sys.stdout)
