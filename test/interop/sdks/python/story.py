"""The story of a key, told through the client that openapi-generator makes for Python."""

import json
import os

import aeon_keys as keys


def tell() -> None:
    now = client_of("BASE_URL")
    api = keys.APIKeysApi(now)
    account = keys.AccountsApi(now).create_account(keys.CreateAccount(name="Python")).account
    lists = keys.AllowListsApi(now)
    office = keys.CreateAllowList(name="office", entries=["203.0.113.7"])
    list_id = lists.create_allow_list(account.id, office).allow_list.id
    wish = keys.IssueApiKey(
        name="python", role="developer", expires_at=None, allow_list_ids=[list_id], metadata={"team": "python"}
    )
    issued = api.issue_api_key(account.id, wish, idempotency_key="python")
    key = issued.api_key

    verification = keys.VerificationApi(now)
    attempt = keys.Attempt(token=issued.token, client_ip="203.0.113.7")
    assert verification.verify_token(attempt).valid
    page = api.list_api_keys(account.id, status=["active", "disabled"], name_prefix="py")
    assert [found.id for found in page.api_keys] == [key.id]
    tag = api.get_api_key_with_http_info(account.id, str(key.id)).headers["etag"]
    change = keys.UpdateApiKey(description="changed")
    changed = api.update_api_key(account.id, str(key.id), tag, update_api_key=change).api_key
    assert changed.description == "changed"
    assert changed.metadata == {"team": "python"} and changed.allow_list_ids == [list_id]
    meet_future(client_of("FUTURE_URL"), account.id, str(key.id))

    revoked = api.revoke_api_key(account.id, str(key.id))
    assert revoked.api_key.status == "revoked"
    receipt = revoked.receipt
    freshness = keys.FreshnessApi(now)
    assert freshness.get_receipt(receipt.revision, receipt.id, wait_ms=5000).receipt.state == "complete"


def meet_future(future: keys.ApiClient, account_id, key_id: str) -> None:
    """Reads answers with fields and values that the document does not know."""
    api = keys.APIKeysApi(future)
    assert api.get_api_key(account_id, key_id).api_key.status == "future_value"
    verdict = keys.VerificationApi(future).verify_token(keys.Attempt(token="nonsense"))
    assert not verdict.valid and verdict.reason == "future_value"
    try:
        api.get_api_key(account_id, str(account_id))
    except keys.exceptions.NotFoundException as refused:
        assert refused.data.code == "future_value"
    else:
        raise AssertionError("no error")


def read_models() -> None:
    """Reads a sample of every model of an answer, and prints what the model has of it."""
    with open(os.environ["FUTURE_MODELS"]) as file:
        samples = json.load(file)
    read = {name: getattr(keys, name).from_json(json.dumps(sample)) for name, sample in samples.items()}
    # Its own to_json fails on UUIDs.
    print("models:", json.dumps({name: model.to_dict() for name, model in read.items()}, default=str))


def client_of(variable: str) -> keys.ApiClient:
    configuration = keys.Configuration(host=os.environ[variable], access_token=os.environ["ROOT_TOKEN"])
    return keys.ApiClient(configuration)


tell()
read_models()
print("told: the story in Python")
