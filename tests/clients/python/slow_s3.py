"""An S3 server of which some objects never come to their end, for as long as a client waits.

An object whose key begins with `slow` drips: its head is answered at once, and then one byte a second
of its five million. Every other key is answered at once with the document that the server was given.
"""

import contextlib
import http.server
import threading

SLOW_BYTES = 5_000_000
SECONDS_PER_BYTE = 1


class SlowS3:
    """Serves in a thread until the `with` block ends."""

    def __init__(self, document=b'{"data":[]}'):
        self.document = document
        self.slow_reads = 0
        self.stopped = threading.Event()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                if self.path.split("/")[2].startswith("slow"):
                    outer.slow_reads += 1
                    self.answer(SLOW_BYTES)
                    with contextlib.suppress(OSError):
                        while not outer.stopped.wait(SECONDS_PER_BYTE):
                            self.wfile.write(b" ")
                else:
                    self.answer(len(outer.document))
                    with contextlib.suppress(OSError):
                        self.wfile.write(outer.document)

            def answer(self, length):
                self.send_response(200)
                self.send_header("Content-Length", str(length))
                self.send_header("ETag", '"1"')
                self.send_header("Last-Modified", "Wed, 25 Nov 2026 00:00:00 GMT")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True

    @property
    def options(self):
        """The options of a Keyfront that imports from here."""
        return {
            "s3_endpoint": f"http://127.0.0.1:{self.server.server_port}",
            "s3_access_key_id": "s3-key",
            "s3_secret_access_key": "s3-secret",
        }

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.stopped.set()
        self.server.shutdown()
        self.server.server_close()
