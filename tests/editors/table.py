"""The table in editors/README.md of what works in which editor, made from the results of the editors' suites."""

import re
from pathlib import Path

ROWS = {
    "accept": "an action runs, shows its progress, and `Accept` writes what it proposes",
    "accept hunk": "`Accept hunk k of n` writes that one",
    "show": "`Show` opens a diff, or says where it is (Helix)",
    "reject": "`Reject`",
    "cancel, retry": "`Cancel` and `Retry`",
    "stale accept": "`Accept` right after typing, or from a menu of before",
    "typing during the stream": "typing while the model works on a proposal",
    "CRLF file": "a file with CRLF stays one",
    "emoji before the span": "emoji before and in the lines that change",
    "closed and reopened": "a file closed and opened again has its proposal",
    "undo in one step": "undo takes an accepted proposal back in one step",
    "chat in a file": "chat in a Markdown file",
    "typing while the chat answers": "typing while the chat answers loses nothing",
}


def rows_of(output: str) -> dict:
    """Whether each row's cases passed, out of a suite's `ok ROW: NAME` and `not ok ROW: NAME`."""
    found: dict = {}
    for state, row in re.findall(r"^(ok|not ok) ([^:\n]+):", output, re.M):
        found[row] = found.get(row, True) and state == "ok"
    unknown = found.keys() - ROWS.keys()
    if unknown:
        raise ValueError(f"no row of the table: {', '.join(sorted(unknown))}")
    return found


def table(results: dict) -> str:
    """Editor by row; `no` where a case failed or there is none."""
    head = "| | " + " | ".join(results) + " |\n|---|" + "---|" * len(results) + "\n"
    rows = [
        f"| {said} | " + " | ".join("yes" if found.get(row) else "no" for found in results.values()) + " |\n"
        for row, said in ROWS.items()
    ]
    return head + "".join(rows)


def update(readme: Path, results: dict) -> bool:
    """Puts the table into the file; tells whether it was another."""
    old = readme.read_text(encoding="utf-8")
    start, end = "<!-- generated:editors -->\n", "<!-- /generated -->"
    before, rest = old.split(start)
    new = before + start + table(results) + end + rest.split(end, 1)[1]
    readme.write_text(new, encoding="utf-8")
    return new != old
