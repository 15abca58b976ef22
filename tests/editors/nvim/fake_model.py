#!/usr/bin/env python3
"""An OpenAI-compatible model on loopback, scripted by the last message. Prints its port, then keeps a log file.

`forever` streams until the connection closes, which is logged: ten words at once, then so slowly that no screen is filled.
`paragraph` answers with 600 words in one line, anything else with a code block.
"""
import json
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

log_path = sys.argv[1]


def log(line):
    with open(log_path, "a") as file:
        file.write(line + "\n")


class Model(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def say(self, data):
        body = ("data: " + data + "\n\n").encode()
        self.wfile.write(b"%x\r\n%s\r\n" % (len(body), body))
        self.wfile.flush()

    def piece(self, delta, **more):
        self.say(json.dumps({"choices": [{"index": 0, "delta": delta, **more}]}))

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        log("key " + self.headers.get("authorization", "none"))
        asked = body["messages"][-1]["content"]
        log("asked " + asked)
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        try:
            if "forever" in asked:
                for number in range(10000):
                    self.piece({"content": f"word{number} "})
                    time.sleep(0 if number < 10 else 0.1)
            if "paragraph" in asked:
                self.piece({"content": "".join(f"word{number} " for number in range(600))})
            else:
                self.code()
            self.piece({}, finish_reason="stop")
            self.say(json.dumps({"choices": [], "usage": {"prompt_tokens": 42, "completion_tokens": 7}}))
            self.say("[DONE]")
            self.wfile.write(b"0\r\n\r\n")
        except OSError:
            log("closed")

    def code(self):
        for piece in ["Here is ", "code:\n\n```lua\n", "local a = 1\n", "local b = 2\n", "```\n", "Done 😀.\n"]:
            self.piece({"content": piece})
            time.sleep(0.02)


server = ThreadingHTTPServer(("127.0.0.1", 0), Model)
print(server.server_port, flush=True)
server.serve_forever()
