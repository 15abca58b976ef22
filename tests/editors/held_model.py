#!/usr/bin/env python3
"""held_model.py ANSWER GO: an OpenAI-compatible model on loopback that stops in mid-answer until it is let go.

Prints its port. Of what the file ANSWER holds it says the first lines at once, and the rest when there is a file GO: what
an editor does "while the model writes" is done while it writes, however slow the machine is.
"""

import json
import os
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class Model(BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def say(self, data: str) -> None:
        self.wfile.write(f"data: {data}\n\n".encode())
        self.wfile.flush()

    def piece(self, delta: dict, **more: str) -> None:
        self.say(json.dumps({"choices": [{"index": 0, "delta": delta, **more}]}))

    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("connection", "close")
        self.end_headers()
        lines = Path(sys.argv[1]).read_text().splitlines(keepends=True)
        half = len(lines) // 2
        try:
            self.piece({"content": "".join(lines[:half])})
            while not os.path.exists(sys.argv[2]):
                time.sleep(0.01)
            self.piece({"content": "".join(lines[half:])})
            self.piece({}, finish_reason="stop")
            self.say("[DONE]")
        except OSError:
            pass  # It was cancelled.


server = ThreadingHTTPServer(("127.0.0.1", 0), Model)
print(server.server_port, flush=True)
server.serve_forever()
