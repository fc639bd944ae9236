"""Has the vendor's Python client speak to the stand-in for hosted sessions.

Arguments: the base address of the stand-in, its key and a workflow that the key sees. The models of the
client are lenient: they take members that they do not know, and do without others. So every answer is also
compared, member by member, with what the specification says that it has.
"""

import json
import sys
import urllib.request

import openai

faults = []
seen = 0


def check(holds, what):
    global seen
    seen += 1
    if not holds:
        faults.append(what)


def shape(value):
    """The names of all members, and the kind of what they hold."""
    if isinstance(value, dict):
        return {name: shape(member) for name, member in value.items()}
    return type(value).__name__


SESSION = {
    "id": "str",
    "object": "str",
    "client_secret": "str",
    "expires_at": "int",
    "workflow": {"id": "str", "version": "NoneType", "state_variables": "NoneType", "tracing": {"enabled": "bool"}},
    "user": "str",
    "rate_limits": {"max_requests_per_1_minute": "int"},
    "max_requests_per_1_minute": "int",
    "status": "str",
    "chatkit_configuration": {
        "automatic_thread_titling": {"enabled": "bool"},
        "file_upload": {"enabled": "bool", "max_file_size": "int", "max_files": "int"},
        "history": {"enabled": "bool", "recent_threads": "NoneType"},
    },
}


def same(raw, expected, what):
    """The answer is of this shape, the client reads all of it, and what it read is what was written."""
    written = json.loads(raw.content)
    check(shape(written) == expected, f"{what}: {json.dumps(shape(written))}")
    parsed = raw.parse()
    check(json.loads(parsed.model_dump_json()) == written, f"{what}: the client reads something else: {parsed}")
    check(unknown(parsed) == [], f"{what}: the client does not know {unknown(parsed)}")
    check(raw.headers.get("x-request-id", "").startswith("req_"), f"{what}: no id of the request")
    return parsed


def unknown(model):
    """Members that no model names."""
    found = list(model.model_extra or {})
    for name in type(model).model_fields:
        member = getattr(model, name)
        if hasattr(member, "model_extra"):
            found += unknown(member)
    return found


def main():
    base, key, workflow = sys.argv[1:]
    client = openai.OpenAI(base_url=f"{base}/v1", api_key=key, max_retries=0, timeout=20)
    sessions = client.beta.chatkit.sessions
    raw = sessions.with_raw_response

    def fail(**fault):
        body = json.dumps(fault).encode()
        urllib.request.urlopen(urllib.request.Request(f"{base}/stub/faults", data=body)).read()

    # What is left out is as the specification says.
    session = same(raw.create(user="usr_1", workflow={"id": workflow}), SESSION, "a new session")
    check(session.status == "active" and session.user == "usr_1" and session.object == "chatkit.session", "its values")
    check(len(session.id) == len("cksess_") + 48 and session.id.startswith("cksess_"), f"its id: {session.id}")
    check(session.max_requests_per_1_minute == session.rate_limits.max_requests_per_1_minute == 10, "its limit")
    configuration = session.chatkit_configuration
    check(
        configuration.automatic_thread_titling.enabled
        and configuration.file_upload.enabled is False
        and (configuration.file_upload.max_file_size, configuration.file_upload.max_files) == (512, 10)
        and configuration.history.enabled,
        f"its configuration: {configuration}",
    )

    # All that may be asked for comes back.
    full = raw.create(
        user="usr_1",
        workflow={
            "id": workflow,
            "version": "3",
            "state_variables": {"tenant": "a", "seats": 3, "is_trial": True},
            "tracing": {"enabled": False},
        },
        expires_after={"anchor": "created_at", "seconds": 60},
        rate_limits={"max_requests_per_1_minute": 5},
        chatkit_configuration={
            "automatic_thread_titling": {"enabled": False},
            "file_upload": {"enabled": True, "max_file_size": 1, "max_files": 2},
            "history": {"enabled": False, "recent_threads": 7},
        },
    )
    expected = json.loads(json.dumps(SESSION))
    expected["workflow"].update(version="str", state_variables={"tenant": "str", "seats": "int", "is_trial": "bool"})
    expected["chatkit_configuration"]["history"]["recent_threads"] = "int"
    longest = session.expires_at
    session = same(full, expected, "a session with everything")
    check(session.workflow.version == "3" and session.workflow.tracing.enabled is False, "its workflow")
    check(session.rate_limits.max_requests_per_1_minute == 5, "its own limit")
    check(500 < longest - session.expires_at <= 600, "its life: a minute, where ten are the default")

    # Cancelling, also once more.
    for _ in range(2):
        cancelled = same(raw.cancel(session.id), expected, "a cancelled session")
        check((cancelled.id, cancelled.status) == (session.id, "cancelled"), "it is cancelled")
    try:
        sessions.cancel("")
        check(False, "an empty id is sent")
    except ValueError:
        check(True, "")

    # What is refused, and how the client raises it.
    def refused(kind, call, what, code=None, param=None, kind_of="invalid_request_error"):
        try:
            call()
        except openai.APIStatusError as error:
            check(type(error) is kind, f"{what}: {type(error).__name__} {error}")
            body = error.response.json()
            check(list(body) == ["error"] and sorted(body["error"]) == ["code", "message", "param", "type"], f"{what}: {body}")
            check((error.code, error.param, error.type) == (code, param, kind_of), f"{what}: {body}")
            check((error.request_id or "").startswith("req_"), f"{what}: no id of the request")
            return
        check(False, f"{what} is taken")

    good = {"user": "u", "workflow": {"id": workflow}}

    def create(more=None, **named):
        return lambda: sessions.create(**{**good, **named}, extra_body=more)

    bad = openai.BadRequestError
    refused(bad, create({"ttl_seconds": 600}), "an unknown member", "unknown_parameter", "ttl_seconds")
    refused(
        bad, create(workflow={"id": workflow, "isValid": True}), "one inside", "unknown_parameter", "workflow.isValid"
    )
    refused(bad, create({"expires_after": None}), "null", "invalid_type", "expires_after")
    refused(bad, create(user=""), "no user", "invalid_value", "user")
    for seconds in (0, 601):
        life = {"anchor": "created_at", "seconds": seconds}
        refused(bad, create(expires_after=life), f"{seconds} s", "invalid_value", "expires_after.seconds")
    refused(openai.NotFoundError, create(workflow={"id": "wf_other"}), "a workflow of somebody else")
    refused(openai.NotFoundError, lambda: sessions.cancel("cksess_none"), "a session that is not there")
    stranger = openai.OpenAI(base_url=f"{base}/v1", api_key="another", max_retries=0)
    refused(
        openai.AuthenticationError,
        lambda: stranger.beta.chatkit.sessions.create(**good),
        "another key",
        "invalid_api_key",
    )
    refused(
        bad, lambda: sessions.create(**good, extra_headers={"OpenAI-Beta": "assistants=v2"}), "another beta", "invalid_beta"
    )
    for status, kind in (
        (403, openai.PermissionDeniedError),
        (409, openai.ConflictError),
        (422, openai.UnprocessableEntityError),
        (429, openai.RateLimitError),
    ):
        fail(fault="status", status=status)
        refused(kind, create(), f"a {status}")
    for status in (500, 503):
        fail(fault="status", status=status)
        refused(openai.InternalServerError, create(), f"a {status}", kind_of="server_error")

    # Faults below the API, and the waits that the client keeps.
    for fault in ("hang_up", "close_early", "lost"):
        fail(fault=fault)
        try:
            create()()
            check(False, f"{fault} is taken")
        except openai.APIConnectionError:
            check(True, "")
    patient = openai.OpenAI(base_url=f"{base}/v1", api_key=key, max_retries=1)
    fail(fault="status", status=429, retry_after_ms="20")
    check(patient.beta.chatkit.sessions.create(**good).status == "active", "a wait is kept")

    for fault in faults:
        print(fault, file=sys.stderr)
    print(f"{seen} checks of the stand-in for hosted sessions, {len(faults)} fail")
    return 1 if faults or seen < 80 else 0


if __name__ == "__main__":
    sys.exit(main())
