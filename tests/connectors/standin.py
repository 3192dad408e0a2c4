"""A stand-in of a homeserver for what a real one cannot be made to say: odd answers, and none at all."""

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import repeat


@contextmanager
def homeserver(status=200, body=None, *, headers=(), silence=False, heard=None):
    """Answers every call with ``status`` and ``body`` (JSON, or bytes as they are); ``silence``: hangs up instead.

    ``status``: one for all, or one for each call.
    ``heard``: a list that gets the path, headers and body of each call.
    """
    statuses = repeat(status) if isinstance(status, int) else iter(status)
    sent = body if isinstance(body, bytes) else json.dumps({} if body is None else body).encode()

    class Answer(BaseHTTPRequestHandler):
        def answer(self):
            said = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if heard is not None:
                heard.append((self.path, self.headers, said))
            if silence:
                self.connection.close()
                return
            self.send_response(next(statuses))
            for name, value in headers:
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        do_GET = do_PUT = do_POST = answer  # noqa: N815

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    server.handle_error = lambda *_: None
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
