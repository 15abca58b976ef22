;;; cases.el --- What a user of eglot does with Aside  -*- lexical-binding: t; no-native-compile: t -*-

;;; Commentary:

;; The model is the built-in demo, which writes a docstring at the pace of a person who reads.

;;; Code:

(require 'harness)

(defconst code "def add(a, b):\n    return a + b\n\n\ndef sub(a, b):\n    return a - b\n")


(defconst documented
  (concat "def add(a, b):\n    \"\"\"`add` takes `a`, `b`.\"\"\"\n    return a + b\n\n\n"
          "def sub(a, b):\n    \"\"\"`sub` takes `a`, `b`.\"\"\"\n    return a - b\n"))

(defun crlf (text) (string-replace "\n" "\r\n" text))

(defun bytes-of (buffer)
  "What BUFFER would be saved as."
  (with-current-buffer buffer (encode-coding-string (harness-text) buffer-file-coding-system)))

(harness-case "undo in one step: and an undo opens the proposal again"
  (harness-open "accept.py" code)
  (harness-run "Document this")
  (harness-run "Accept (")
  (harness-await "`sub` takes")
  (harness-equal documented (harness-text))
  (harness-keys "C-/")
  (harness-equal code (harness-text))
  (harness-run "Accept (")
  (harness-await "`sub` takes")
  (harness-equal documented (harness-text)))

(harness-case "accept: after an undo and typing, which harm nothing"
  (harness-open "undo.py" code)
  (harness-run "Document this")
  (harness-run "Accept (")
  (harness-await "`sub` takes")
  (harness-keys "C-/")
  (goto-char (point-max))
  (harness-type "x = 1\n")
  (sit-for 1)
  (harness-equal (concat code "x = 1\n") (harness-text))
  (harness-run "Accept (")
  (harness-await "`sub` takes")
  (harness-equal (concat documented "x = 1\n") (harness-text)))

(harness-case "accept hunk: one hunk, then the rest"
  (harness-open "hunks.py" code)
  (harness-run "Document this")
  (harness-run "Accept hunk 2 of 2")
  (harness-await "`sub` takes")
  (harness-equal nil (harness-has "`add` takes"))
  (harness-run "Accept (1 change)")
  (harness-await "`add` takes")
  (harness-equal documented (harness-text)))

(harness-case "reject: the text is as it was"
  (harness-open "reject.py" code)
  (harness-run "Document this")
  (harness-run "Reject")
  (sit-for 0.3)
  (harness-equal code (harness-text))
  (harness-equal nil (cl-some (lambda (title) (string-search "Accept" title)) (harness-titles))))

(harness-case "cancel, retry: what was cancelled is asked again, and accepted"
  (harness-open "cancel.py" code)
  (harness-run "Document this")
  (harness-run "Cancel")
  (harness-run "Retry")
  (harness-run "Accept (")
  (harness-await "`sub` takes")
  (harness-equal documented (harness-text)))

(harness-case "show: the proposal as a diff in a buffer of its own"
  (harness-open "show.py" code)
  (harness-run "Document this")
  (harness-run "Show the proposal")
  (harness-wait "a diff" (lambda ()
                           (cl-find-if (lambda (buffer)
                                         (with-current-buffer buffer
                                           (and (string-suffix-p ".diff" (or (buffer-file-name) ""))
                                                (harness-has "+    \"\"\"`add` takes"))))
                                       (buffer-list)))))

(harness-case "show: an explanation in a buffer of its own"
  (harness-open "explain.py" code)
  (harness-run "Explain this")
  (harness-wait "an answer" (lambda ()
                              (cl-find-if (lambda (buffer)
                                            (with-current-buffer buffer
                                              (and (string-suffix-p ".md" (or (buffer-file-name) ""))
                                                   (harness-has "# Explain this"))))
                                          (buffer-list)))))

(harness-case "stale accept: a menu from before the user typed above"
  (harness-open "stale.py" code)
  (harness-run "Document this")
  (let ((accept (harness-action "Accept (")))
    (harness-type "import os\nimport re\n\n")
    ;; At once: eglot has not sent what was typed.
    (eglot-execute (eglot-current-server) accept)
    (harness-await "`sub` takes")
    (harness-equal (concat "import os\nimport re\n\n" documented) (harness-text))))

(harness-case "stale accept: a menu from before the user typed in the same function"
  (harness-open "inside.py" code)
  (harness-run "Document this")
  (let ((accept (harness-action "Accept (")))
    (goto-char (point-min))
    (search-forward "return a - b")
    (harness-type "  # minus")
    (eglot-execute (eglot-current-server) accept)
    (harness-await "`sub` takes")
    (harness-equal (string-replace "a - b" "a - b  # minus" documented) (harness-text))))

(harness-case "typing during the stream: above and below, while the model writes"
  (harness-open "typing.py" code)
  (harness-run "Document this")
  (harness-action "Cancel")
  (goto-char (point-max))
  (harness-type "\n\nprint(add(1, 2))\n")
  (goto-char (point-min))
  (harness-type "import os\n\n\n")
  (harness-run "Accept (")
  (harness-await "`sub` takes")
  (harness-equal (concat "import os\n\n\n" documented "\n\nprint(add(1, 2))\n") (harness-text)))

(harness-case "closed and reopened: the proposal is there again"
  (harness-open "closed.py" code)
  (harness-open "other.py" "x = 1\n")
  (switch-to-buffer "closed.py")
  (harness-run "Document this")
  (kill-buffer "closed.py")
  (sit-for 2)
  (harness-equal "x = 1\n" (harness-text))
  (switch-to-buffer (find-file-noselect (expand-file-name "closed.py" harness-project)))
  (harness-connect)
  (harness-run "Accept (")
  (harness-await "`sub` takes")
  (harness-equal documented (harness-text)))

(harness-case "CRLF file: lines end as they did, with no ^M"
  (harness-open "crlf.py" code 'utf-8-dos)
  (harness-run "Document this")
  (harness-run "Accept (")
  (harness-await "`sub` takes")
  (harness-equal (crlf documented) (bytes-of (current-buffer))))

(harness-case "emoji before the span: and in the line that changes"
  (harness-open "emoji.py" "# 👩‍💻 e\u0301 👩‍💻\nx = '👩‍💻 e\u0301' # abc 👩‍💻\ny = 1\n")
  (search-forward "abc")
  (harness-run "Shout" (- (point) 3) (point))
  (harness-run "Accept (" (point) (point))
  (harness-await "ABC")
  (harness-equal "# 👩‍💻 e\u0301 👩‍💻\nx = '👩‍💻 e\u0301' # ABC 👩‍💻\ny = 1\n" (harness-text)))

(harness-case "chat in a file: a question is answered below it, and the next one below that"
  (harness-open "a.py" code)
  (harness-open "q.aside.md" "What is in #a.py?\n")
  (harness-run "Aside: Send")
  (harness-await "\n## You\n")
  (harness-await "*With a.py; to this program")
  (harness-await "declares `add` (line 1), `sub` (line 5)")
  (goto-char (point-max))
  (harness-type "And now?")
  (harness-run "Aside: Send" (point-max) (point-max))
  (harness-await "This chat has 1 turn before this one."))

(harness-case "typing while the chat answers: all of it stays"
  (harness-open "typing.aside.md" "Why?\n\nnotes\n")
  (harness-run "Aside: Send")
  (harness-await "## demo/demo")
  (dolist (word '("one" "two" "three" "four" "five"))
    (goto-char (point-min))
    (harness-type (concat word "\n"))
    (goto-char (point-max))
    (harness-type (concat word " below\n")))
  (harness-await "For real answers, set")
  (harness-await "\n## You\n")
  (harness-equal "five\nfour\nthree\ntwo\none\nWhy?" (substring (harness-text) 0 28))
  (goto-char (point-min))
  (search-forward "Why?\n\nnotes\n")
  (dolist (word '("one" "two" "three" "four" "five"))
    (search-forward (concat word " below")))
  (harness-equal 1 (how-many "built-in demo" (point-min) (point-max))))

;;; cases.el ends here
