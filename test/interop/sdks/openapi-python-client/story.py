"""The story of a key, told through the client that openapi-python-client makes."""

import json
import os

from aeon_keys import AuthenticatedClient, models
from aeon_keys.api.accounts import create_account
from aeon_keys.api.api_keys import get_api_key, issue_api_key, revoke_api_key, update_api_key
from aeon_keys.api.verification import verify_token
from aeon_keys.models import Attempt, CreateAccount, IssueApiKey, IssueApiKeyMetadata, Problem, UpdateApiKey


def tell() -> None:
    now = client_of("BASE_URL")
    account = create_account.sync(client=now, body=CreateAccount(name="openapi-python-client")).account
    metadata = IssueApiKeyMetadata.from_dict({"team": "python"})
    wish = IssueApiKey(name="python", role="developer", expires_at=None, metadata=metadata)
    issued = issue_api_key.sync(account.id, client=now, body=wish)
    key_id = str(issued.api_key.id)
    assert verify_token.sync(client=now, body=Attempt(token=issued.token)).valid
    refuse(now, account.id, wish)

    tag = get_api_key.sync_detailed(account.id, key_id, client=now).headers["etag"]
    change = UpdateApiKey(description="changed")
    changed = update_api_key.sync(account.id, key_id, client=now, body=change, if_match=tag).api_key
    assert changed.description == "changed" and changed.metadata["team"] == "python"

    future = client_of("FUTURE_URL")
    assert get_api_key.sync(account.id, key_id, client=future).api_key.status == "future_value"

    assert revoke_api_key.sync(account.id, key_id, client=now).api_key.status == "revoked"
    verdict = verify_token.sync(client=now, body=Attempt(token=issued.token))
    assert not verdict.valid and verdict.reason == "revoked"


def refuse(now: AuthenticatedClient, account_id, wish: IssueApiKey) -> None:
    """Meets a problem of each kind: one by a taken name, one that lists the faults of a body."""
    taken = issue_api_key.sync(account_id, client=now, body=wish)
    assert isinstance(taken, Problem) and (taken.status, taken.code) == (409, "name_taken")
    empty = IssueApiKey(name="", role="developer", expires_at=None)
    refused = issue_api_key.sync(account_id, client=now, body=empty)
    assert isinstance(refused, Problem) and refused.errors[0].field == "/name"


def read_models() -> None:
    """Reads a sample of every model of an answer, and prints what the model has of it."""
    with open(os.environ["FUTURE_MODELS"]) as file:
        samples = json.load(file)
    read = {name: getattr(models, name).from_dict(sample) for name, sample in samples.items()}
    print("models:", json.dumps({name: model.to_dict() for name, model in read.items()}))


def client_of(variable: str) -> AuthenticatedClient:
    return AuthenticatedClient(base_url=os.environ[variable], token=os.environ["ROOT_TOKEN"])


tell()
read_models()
print("told: the story in Python")
