"""Hooks of Schemathesis: they keep its keys alive, say what the documents cannot, and count."""

import atexit
import collections
import itertools
import json
import os
import re

import schemathesis

ROOT_TOKEN, ROOT_KEY, PLATFORM = (os.environ[name] for name in ("ROOT_TOKEN", "ROOT_KEY", "PLATFORM"))
ENDING = ("revoke", "disable", "rotate")
AEON = "/api/public/v1"

# What a schema cannot say. Any other refusal of a valid request is a fault of the document.
BEYOND_SCHEMAS = {
    # It depends on what exists, on the time, or on an earlier request.
    "cursor", "exists", "future", "max_entries", "same_body", "scope", "too_recent", "unique",
    # It depends on another field.
    "alone", "before_expiry", "contradiction", "empty", "repeated",
    # Addresses and ranges have no format of JSON Schema that covers them.
    "address", "host_bits", "ipv4_form", "not_an_address", "prefix_length",
    # Names that people confuse: the tables of Unicode, which no pattern holds.
    "bidirectional_character", "control_character", "invisible_character", "looks_like_built_in",
    "looks_like_id", "looks_taken", "outer_space", "stray_mark", "unassigned_character",
    # A search has a letter or digit of any script: a class that patterns of Python do not have.
    "words",
    # The encoding of a header, beside its characters.
    "entity_tag", "percent_encoding",
    # Bytes of JSON, not characters.
    "max_bytes",
    # The issuers are those of a file of the deployment.
    "provider",
}
# A setting limits the overlap of a rotation, and other fields decide which fields are required.
CONDITIONAL = {
    ("/overlap_seconds", "maximum"), ("/overlap_seconds", "required"), ("/if_generation", "required"),
    ("/allow_list_ids", "required"),
    # `true` or left out: an enum of one Boolean is code that does not compile for C#.
    ("/filter/all", "enum"), ("/filter/never_used", "enum"),
}
# An error of the Aeon API has a sentence instead of rules: the same, each by its words.
AEON_BEYOND_SCHEMAS = re.compile(
    "must be a continuation_token of this list|does not exist in the account|"
    "catalogue does not contain|must be an IPv4 or IPv6 address|An IPv4 address must be|"
    "must be one or more of ACTIVE, EXPIRED, REVOKED|must be key ids|"
    "must be one of ACTIVE, PROVISIONED, INACTIVE|"
    "The text must not (contain|begin or end)|"
    # One entry for each resource type; and a limit that counts the members of a whole body.
    "An earlier entry has the same resource type|must not have more than 2000 members"
)

# By the collection in a path, the ids that only a DELETE names.
REMOVABLE = json.loads(os.environ["REMOVABLE"])

numbers = itertools.count()
# The token of a key that rotates itself: each answer has the next one.
rotating = {"token": os.environ["ROTATING_TOKEN"]}
# By operation and phase, how many requests had an answer of each status.
answers = collections.defaultdict(lambda: collections.defaultdict(collections.Counter))


@atexit.register
def save_answers():
    with open(os.environ["ANSWERS"], "w", encoding="utf-8") as file:
        json.dump(answers, file)


@schemathesis.hook
def before_load_schema(context, raw_schema):
    """Removes `default`, by which every status would conform, and closes the objects of Aeon."""
    for item in raw_schema["paths"].values():
        for operation in item.values():
            operation["responses"].pop("default", None)
    # The document leaves them open for clients of a later version (decision 26). The service
    # refuses other fields, and its answers have none.
    if any(path.startswith(AEON) for path in raw_schema["paths"]):
        close(raw_schema["components"]["schemas"])


def close(node):
    if isinstance(node, list):
        for member in node:
            close(member)
    if isinstance(node, dict):
        if node.get("type") == "object" and "properties" in node:
            node.setdefault("additionalProperties", False)
        for member in node.values():
            close(member)


@schemathesis.hook
def before_call(context, case, kwargs):
    path = case.operation.path
    headers = case.headers or {}
    parameters = case.path_parameters or {}
    if "X-Acting-User-Name" in headers:
        # Without the id, the name is refused.
        headers.setdefault("X-Acting-User", "user|42")
    query = case.query or {}
    if "original_uri" in query:
        # It ends the parameters of forward-auth: what follows is the client's.
        query["original_uri"] = query.pop("original_uri")
    if path.endswith("/me/rotate") and headers.get("Authorization") == f"Bearer {ROOT_TOKEN}":
        headers["Authorization"] = f"Bearer {rotating['token']}"
    if path.endswith("/api-keys/revoke") and isinstance(case.body, dict):
        # A bulk revocation may end the key that calls.
        if parameters.get("account_id", PLATFORM) == PLATFORM:
            case.body["dry_run"] = True
    if path.endswith(ENDING) and parameters.get("id") == ROOT_KEY:
        parameters["id"] = PLATFORM
    if is_valid(case):
        free_names(case, headers)
        if case.method == "DELETE":
            name_removable(path, parameters)


def is_valid(case):
    return case.meta is None or case.meta.generation.mode.value == "positive"


def free_names(case, headers):
    """Gives a valid request a name and an idempotency key that are free: most are tried again."""
    if "Idempotency-Key" in headers:
        headers["Idempotency-Key"] = f"{next(numbers)}"
    if case.method in ("POST", "PUT") and isinstance(case.body, dict) and "name" in case.body:
        case.body["name"] = f"name {next(numbers)}"
    if case.method == "POST" and case.operation.path.endswith("/users") and isinstance(case.body, dict):
        if case.operation.path.startswith(AEON):
            case.body["email"] = f"person-{next(numbers)}@example.com"
        else:
            case.body["subject"] = f"subject-{next(numbers)}"
    if case.operation.path.endswith("/rotate") and isinstance(case.body, dict):
        # An overlap is in progress after the first rotation, and no key changes its own expiry.
        case.body["end_overlap"] = True
        case.body.pop("if_generation" if "overlap_seconds" in case.body else "only_if_unused", None)
        if case.operation.path.endswith("/me/rotate"):
            case.body.pop("expires_at", None)
        if "only_if_unused" not in case.body:
            case.body.setdefault("overlap_seconds", 60)


def name_removable(path, parameters):
    """Keeps what other requests name: the first valid ones delete what is there for it, then nothing."""
    ids = REMOVABLE.get(path.split("/")[-2])
    if ids:
        parameters["id"] = ids.pop() if len(ids) > 1 else ids[0]


@schemathesis.hook
def after_call(context, case, response):
    phase = case.meta.phase.name.value if case.meta else "stateful"
    answers[case.operation.label][phase][response.status_code] += 1
    if case.operation.path.endswith("/me/rotate") and response.status_code == 201:
        rotating["token"] = response.json()["token"] or rotating["token"]


@schemathesis.hook
def filter_failure(context, failure, case, response):
    """Keeps a failure unless the API means the answer and its document cannot say so."""
    kind = type(failure).__name__
    path = case.operation.path
    status = response.status_code
    if status == 431:
        # Any operation may answer so: `default` describes it.
        return False
    if kind == "RejectedPositiveData":
        # If-Match of an earlier state.
        return not (status == 412 or is_beyond_schemas(response))
    if kind == "AcceptedNegativeData":
        # A body that has too many entries may also be too large, which is a refusal.
        return not (status == 413 or is_accepted_on_purpose(case))
    if kind == "UnsupportedMethodResponse" and path.startswith(AEON):
        # The clients fall back on older operations at this text only, whatever the method.
        return not (status == 404 and response.json()["error"]["detail"] == "Requested API not found")
    if path == "/v1/forward-auth" and status == 403:
        # A denied token gets no body, a denied proxy gets one; and a proxy is judged first.
        return kind not in ("MalformedJson", "MissingContentType", "MissingHeaderNotRejected")
    return True


def is_beyond_schemas(response):
    body = response.json()
    if "errors" in body:
        faults = [(fault["field"], fault["rule"]) for fault in body["errors"]]
        return all(rule in BEYOND_SCHEMAS or (field, rule) in CONDITIONAL for field, rule in faults)
    if isinstance(body.get("error"), dict):
        return AEON_BEYOND_SCHEMAS.search(body["error"]["detail"]) is not None
    # An error of OAuth has a sentence, too (RFC 6749, section 5.2).
    return body.get("error_description", "").startswith("client_ip must be one IPv4 or IPv6 address")


def is_accepted_on_purpose(case):
    path = case.operation.path
    if path.startswith(AEON):
        # Null is the absent field, and an allow list needs no description (decision 26).
        body = case.body if isinstance(case.body, dict) else {}
        return None in body.values() or (path.endswith("/allow-lists") and "description" not in body)
    # An optional body may be null. By RFC 6749, 3.1, a parameter without a value is absent.
    return case.body is None or path == "/oauth2/introspect"
