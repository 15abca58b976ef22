;;; cases.el --- What a user of eglot does with Aside  -*- lexical-binding: t; no-native-compile: t -*-

;;; Commentary:

;; The model is the built-in demo, and where a case is about what is done meanwhile, one that is held in mid-answer.

;;; Code:

(require 'harness)

(defconst code "def add(a, b):\n    return a + b\n\n\ndef sub(a, b):\n    return a - b\n")


(defconst documented
  (concat "def add(a, b):\n    \"\"\"`add` takes `a`, `b`.\"\"\"\n    return a + b\n\n\n"
          "def sub(a, b):\n    \"\"\"`sub` takes `a`, `b`.\"\"\"\n    return a - b\n"))

(defconst held (concat "```python\n" documented "```\n"))

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
  (harness-action "Accept (")
  (harness-equal (concat code "x = 1\n") (harness-text))
  (harness-run "Accept (")
  (harness-await "`sub` takes")
  (harness-equal (concat documented "x = 1\n") (harness-text)))

(harness-case "accept: its progress shows in the mode line while the model writes"
  (harness-hold held)
  (harness-open "progress.py" code)
  (harness-run "Held")
  (harness-wait "progress" (lambda () (string-search "Held" (harness-mode-line))))
  (harness-let-go)
  (harness-action "Accept (")
  (harness-wait "no progress" (lambda () (not (string-search "Held" (harness-mode-line))))))

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
  (harness-wait "no proposal"
                (lambda () (cl-notany (lambda (title) (string-search "Accept" title)) (harness-titles))))
  (harness-equal code (harness-text)))

(harness-case "cancel, retry: what was cancelled is asked again, and accepted"
  (harness-hold held)
  (harness-open "cancel.py" code)
  (harness-run "Held")
  (harness-run "Cancel")
  (harness-let-go)
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
  (harness-hold held)
  (harness-open "typing.py" code)
  (harness-run "Held")
  (harness-action "Cancel")
  (goto-char (point-max))
  (harness-type "\n\nprint(add(1, 2))\n")
  (goto-char (point-min))
  (harness-type "import os\n\n\n")
  ;; By now the server knows what was typed.
  (harness-action "Cancel")
  (harness-let-go)
  (harness-run "Accept (")
  (harness-await "`sub` takes")
  (harness-equal (concat "import os\n\n\n" documented "\n\nprint(add(1, 2))\n") (harness-text)))

(harness-case "closed and reopened: the proposal is there again"
  (harness-hold held)
  (harness-open "closed.py" code)
  (harness-open "other.py" "x = 1\n")
  (switch-to-buffer "closed.py")
  (harness-run "Held")
  (harness-action "Cancel")
  (kill-buffer "closed.py")
  (harness-let-go)
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
  (harness-await-below "What is in #a.py?\n\n*With a.py; to this program (nothing is sent).*\n\n## demo/demo\n\n"
                       "\n- declares `add` (line 1), `sub` (line 5)\n" "\n\n## You\n")
  (goto-char (point-max))
  (harness-type "And now?")
  (harness-run "Aside: Send" (point-max) (point-max))
  (harness-await-below "\n## You\n" "And now?\n\n*With a.py; to this program (nothing is sent).*\n\n## demo/demo\n\n"
                       "\nThis chat has 1 turn before this one.\n" "\n\n## You\n")
  (harness-equal "q.aside.md" (file-name-nondirectory (buffer-file-name)))
  (harness-equal 2 (how-many "^- declares" (point-min) (point-max))))

(defconst words '("one" "two" "three" "four" "five"))

(defun have-answered-in-part ()
  "Send a question, and wait for the first half of the answer."
  (harness-hold "The first half.\nThe second half.\n")
  (harness-open "typing.aside.md" "Why?\n\nnotes\n")
  (harness-run "Aside: Send")
  (harness-await "The first half."))

(defun type-around ()
  (dolist (word words)
    (goto-char (point-min))
    (harness-type (concat word "\n"))
    (goto-char (point-max))
    (harness-type (concat word " below\n"))))

(defun typed-is-there ()
  (harness-equal "five\nfour\nthree\ntwo\none\nWhy?\n\nnotes\n" (substring (harness-text) 0 36))
  (goto-char (point-min))
  (dolist (word words)
    (search-forward (concat word " below")))
  (harness-equal 1 (how-many "The first half" (point-min) (point-max))))

(harness-case "typing while the chat answers: all of it stays"
  (have-answered-in-part)
  (type-around)
  ;; By now the server knows what was typed.
  (harness-action "Cancel")
  (harness-let-go)
  (harness-await-below "\nWhy?\n\nnotes\n" "\n\n## held/m\n\nThe first half.\nThe second half.\n\n## You\n")
  (typed-is-there))

;; What eglot hasn't told of, it writes around as if it weren't there: the page may get a piece in another line. Then all of
;; the answer is in a document of its own.
(harness-case "typing while the chat answers: all of it stays that the server was not told of yet"
  (have-answered-in-part)
  (let ((eglot-send-changes-idle-time 3600) (harness-pauses nil))
    (type-around)
    (harness-let-go)
    (harness-await "The second half."))
  (let ((page (current-buffer)))
    (harness-wait "all of the answer in the page, or in a document of its own"
                  (lambda ()
                    (cl-find-if (lambda (buffer)
                                  (with-current-buffer buffer
                                    (and (or (eq buffer page)
                                             (string-match-p "/answers/.*\\.md\\'" (or (buffer-file-name) "")))
                                         (harness-has "The first half.\nThe second half."))))
                                (buffer-list)))))
  (typed-is-there))

;;; cases.el ends here
