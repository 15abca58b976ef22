#!/usr/bin/env python3
"""A server that misbehaves on request, for what the real one can't be made to do.

What it does is the first word of the question or the instruction. Proposals upper-case their lines.
"""
import json
import os
import sys
import threading
import time

documents = {}
proposals = {}
writing = threading.Lock()


def read():
    size = None
    while True:
        line = sys.stdin.buffer.readline()
        if not line:
            return None
        if not line.strip():
            return json.loads(sys.stdin.buffer.read(size))
        name, value = line.split(b":", 1)
        if name.lower() == b"content-length":
            size = int(value)


def write(message):
    body = json.dumps({"jsonrpc": "2.0", **message}).encode()
    with writing:
        sys.stdout.buffer.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        sys.stdout.buffer.flush()


def notify(method, params):
    write({"method": method, "params": params})


def change(document, changes):
    """Applies incremental changes; positions are bytes (utf-8)."""
    for item in changes:
        if "range" not in item:
            document["text"] = item["text"]
            continue
        lines = document["text"].encode().split(b"\n")

        def offset(position):
            before = sum(len(line) + 1 for line in lines[: position["line"]])
            return before + position["character"]

        data = document["text"].encode()
        first, after = offset(item["range"]["start"]), offset(item["range"]["end"])
        document["text"] = (data[:first] + item["text"].encode() + data[after:]).decode()


def chat(params):
    seq = 0
    above = ["with nothing", "left out: big.rs (over the budget)"]

    def say(event, beside="", above=above, below=None):
        nonlocal seq
        said = {"beside": beside, "above": above, **({"below": below} if below else {})}
        message = {"chat": params["chat"], "turn": params["turn"], "seq": seq, "event": event, "said": said}
        notify("aside/chat/event", message)
        seq += 1

    say({"kind": "context"}, "waiting…")
    word = params["text"].split()[0]
    if word == "crash":
        os._exit(3)
    if word == "fail":
        say({"kind": "text", "text": "half an ans"})
        words = "could not answer: no key for openai. Run :AsideKey openai."
        return say({"kind": "failed"}, below=words)
    if word == "wait":
        say({"kind": "waiting"}, "rate limited, again in 7 s")
        return
    if word == "think":
        say({"kind": "reasoning", "text": "first\nsecond\n"}, above=["first", "second"])
        say({"kind": "reasoning", "text": "third\nfourth"}, above=["third", "fourth"])
        time.sleep(0.3)
    say({"kind": "text", "text": "You said: " + params["text"] + "\n"}, above=["▸ reasoning, lines: 4"])
    say({"kind": "done"}, "12 tokens in, 3 out", above=["▸ reasoning, lines: 4"])


def show(proposal, state, hunks, problem=None, warning=None):
    proposal["seq"] += 1
    event = {
        "proposal": proposal["proposal"], "seq": proposal["seq"], "uri": proposal["uri"], "version": proposal["version"],
        "state": state, "title": "1 change" if state == "ready" else state, "range": proposal["range"],
        "about": proposal["instruction"] + " · fake/fake", "hunks": hunks,
    }
    more = {"problem": problem, "warning": warning}
    notify("aside/proposal/event", {**event, **{name: value for name, value in more.items() if value}})


def inline(params):
    params["seq"] = -1
    proposals[params["proposal"]] = params
    if params["instruction"] == "decline":
        problem = {"kind": "declined", "title": "the model declined", "next": "Ask in other words.", "detail": "no thanks"}
        return show(params, "failed", [], problem)
    first, last = params["range"]["start"]["line"], params["range"]["end"]["line"] + 1
    lines = documents[params["uri"]]["text"].split("\n")[first:last]
    hunk_range = {"start": {"line": first, "character": 0}, "end": {"line": last, "character": 0}}
    removed = "".join(line + "\n" for line in lines)
    params["hunks"] = [{"id": 1, "range": hunk_range, "removed": removed, "added": removed.upper(), "conflict": False}]
    show(params, "working", [])
    show(params, "conflict" if params["instruction"] == "conflict" else "ready",
         [{**params["hunks"][0], "conflict": params["instruction"] == "conflict"}],
         warning="Most of the selection goes." if params["instruction"] == "shorten" else None)


def near(params):
    """The newest proposal of the document."""
    found = [proposal for proposal in proposals.values() if proposal["uri"] == params["uri"]]
    if not found:
        return None
    proposal = found[-1]
    hunk = {"hunk": 1, "conflict": proposal["instruction"] == "conflict"} if "hunks" in proposal else {"conflict": False}
    return {"proposal": proposal["proposal"], "line": proposal["range"]["start"]["line"], **hunk}


def accept(params):
    proposal = proposals[params["proposal"]]
    version = documents[proposal["uri"]]["version"]
    proposal["asked"] = proposal.get("asked", 0) + 1
    # The first answers are about a version that was never there.
    if proposal["instruction"] == "stale" or (proposal["instruction"] == "late" and proposal["asked"] < 3):
        version -= 1000
    hunk = proposal["hunks"][0]
    edit = {"range": hunk["range"], "newText": hunk["added"]}
    document = {"uri": proposal["uri"], "version": version}
    return {"edit": {"documentChanges": [{"textDocument": document, "edits": [edit]}]}}


def answer(method, params):
    if method == "initialize":
        sync = {"openClose": True, "change": 2}
        return {"capabilities": {"positionEncoding": "utf-8", "textDocumentSync": sync}}
    if method == "aside/chat/send":
        threading.Timer(0.02, chat, [params]).start()
    elif method == "aside/inline/start":
        threading.Timer(0.02, inline, [params]).start()
    elif method == "aside/proposal/near":
        return near(params)
    elif method == "aside/proposal/accept":
        return accept(params)
    elif method == "aside/proposal/reject":
        proposal = proposals.pop(params["proposal"])
        threading.Timer(0.02, show, [proposal, "rejected", []]).start()
    elif method == "aside/proposal/retry":
        proposal = proposals[params["proposal"]]
        proposal["instruction"] += " " + (params.get("instruction") or "")
        threading.Timer(0.02, inline, [proposal]).start()
    return None


while (message := read()) is not None:
    method, params = message.get("method"), message.get("params") or {}
    if method == "textDocument/didOpen":
        documents[params["textDocument"]["uri"]] = dict(params["textDocument"])
    elif method == "textDocument/didChange":
        document = documents[params["textDocument"]["uri"]]
        change(document, params["contentChanges"])
        document["version"] = params["textDocument"]["version"]
        for proposal in [proposal for proposal in proposals.values() if proposal.get("asked")]:
            show(proposals.pop(proposal["proposal"]), "accepted", [])
    elif method == "exit":
        break
    elif method == "workspace/executeCommand":
        error = {"code": -32601, "message": "no such command: " + params["command"]}
        write({"id": message["id"], "error": error})
    elif method and "id" in message:
        write({"id": message["id"], "result": answer(method, params)})
