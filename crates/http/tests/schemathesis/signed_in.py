"""Signs every request in: with a chat token where the chat takes one, as an administrator where it is for these,
with the access token of somebody elsewhere."""

import itertools
import json
import os
import urllib.request

import schemathesis

BASE = os.environ["AUTORISEN_BASE"]
# Who has asked these has nothing left that opens anything.
ENDING = {"logout", "changePassword", "endSession", "endOtherSessions"}
ADMINISTRATOR = json.loads(os.environ["AUTORISEN_ADMINISTRATOR"])
# So many requests of one user keep clear of what a user may do in a day.
REQUESTS_OF_A_USER = 20

# Each run is a process, and all of them ask the same server.
numbers = (f"{os.getpid()}-{number}" for number in itertools.count())


def post(path, body, token=None):
    headers = {"content-type": "application/json"}
    if token:
        headers["authorization"] = f"Bearer {token}"
    with urllib.request.urlopen(urllib.request.Request(BASE + path, json.dumps(body).encode(), headers)) as answer:
        return json.load(answer)


class User:
    def __init__(self):
        person = {
            "email": f"user{next(numbers)}@example.org",
            "password": "correct horse battery staple",
            "first_name": "Ada",
            "last_name": "Example",
        }
        self.access_token = post("/api/auth/register", person)["access_token"]
        self.chat_token = post("/api/chatkit/token", {}, self.access_token)["token"]
        self.left = REQUESTS_OF_A_USER


@schemathesis.auth(refresh_interval=None)
class SignedIn:
    user = None
    administrator = None

    def get(self, case, _context):
        told = case.operation.definition.raw
        if case.operation.path.startswith("/api/admin/"):
            if self.administrator is None:
                SignedIn.administrator = post("/api/auth/login", ADMINISTRATOR)["access_token"]
            return self.administrator
        if self.user is None or self.user.left == 0 or told["operationId"] in ENDING:
            SignedIn.user = User()
        self.user.left -= 1
        speaks = any("chatToken" in one for one in told["security"])
        return self.user.chat_token if speaks else self.user.access_token

    def set(self, case, token, _context):
        case.headers = {**(case.headers or {}), "Authorization": f"Bearer {token}"}
