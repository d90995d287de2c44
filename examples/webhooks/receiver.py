"""Receives webhooks: verifies the signature, and handles each event once, however often it is sent.

pip install standardwebhooks
WEBHOOK_SECRET=whsec_… python receiver.py 9000
"""

import os
import sys
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from standardwebhooks import Webhook, WebhookVerificationError

webhook = Webhook(os.environ["WEBHOOK_SECRET"])
handled: set[str] = set()  # in production, a database: see examples/consumer


class Receiver(BaseHTTPRequestHandler):
    """Answers 204 to a genuine event, also to one that it has handled before."""

    def do_POST(self) -> None:
        """Verify the body as it was sent, and only then parse it."""
        body = self.rfile.read(int(self.headers["content-length"]))
        try:
            event = webhook.verify(body, {name.lower(): value for name, value in self.headers.items()})
        except WebhookVerificationError:
            self.answer(HTTPStatus.UNAUTHORIZED)
            return
        if event["id"] not in handled:
            verdict = event["data"].get("verdict", "")  # a reminder has none
            print(event["type"], event["id"], verdict, flush=True)  # your own work
            handled.add(event["id"])
        self.answer(HTTPStatus.NO_CONTENT)

    def answer(self, status: HTTPStatus) -> None:
        """Send a response without a body."""
        self.send_response(status)
        self.end_headers()


ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Receiver).serve_forever()
