;;; harness.el --- Aside through eglot, with nothing installed  -*- lexical-binding: t; no-native-compile: t -*-

;; Runs each case in a real, interactive Emacs: `run' starts it in a terminal, since idle timers, by which eglot sends
;; what was typed, do not run in a batch Emacs.  Results go to $RESULTS as `ok NAME' and `not ok NAME' lines.  `run' also
;; starts the model at $MODEL, which says what the file `answer' holds, the second half when there is a file `go'.

;;; Code:

(require 'cl-lib)
(require 'eglot)

(electric-indent-mode -1)
;; A case that redefines a primitive would start a compiler otherwise.
(setq native-comp-enable-subr-trampolines nil
      ring-bell-function #'ignore
      create-lockfiles nil
      make-backup-files nil
      auto-save-default nil
      ;; The editor is tried as it comes, but for a question that a script can't answer.
      eglot-confirm-server-edits nil
      eglot-events-buffer-config '(:size 4000000 :format full))

(defvar harness-results (getenv "RESULTS"))
(defvar harness-filter (or (getenv "FILTER") ""))
(defvar harness-project (getenv "PROJECT"))
(defvar harness-cases nil "Name and function of each case, last one first.")
(defvar harness-passed 0)
(defvar harness-failed 0)
(defvar harness-seconds 60 "The longest that anything is waited for.")
(defvar harness-pauses t "Whether waiting is a pause in which eglot tells of what changed.")

;; Emacs has no mode of its own for Markdown.
(add-to-list 'auto-mode-alist '("\\.md\\'" . text-mode))

(setq eglot-server-programs `(((python-mode text-mode) . (,(getenv "ASIDE_BIN")))))

(defconst harness-demo '(:actions [(:title "Shout" :instruction "make it uppercase")])
  "The settings with which the built-in demo answers.")

(defconst harness-held
  `(:model "held/m" :actions [(:title "Held" :instruction "document it")]
    :providers (:held (:format "openai-chat" :baseUrl ,(getenv "MODEL") :keyOptional t)))
  "The settings with which a model answers that stops in mid-answer until `harness-let-go'.")

(defvar harness-settings harness-demo)
(setq-default eglot-workspace-configuration (lambda (_) `(:aside ,harness-settings)))

(defun harness-say (format &rest arguments)
  "Write a line to the results."
  (write-region (concat (apply #'format format arguments) "\n") nil harness-results t 'silent))

(defmacro harness-case (name &rest body)
  "Define the case NAME, a sentence, as BODY."
  (declare (indent 1))
  `(push (cons ,name (lambda () ,@body)) harness-cases))

(defun harness-wait (what predicate)
  "Wait until PREDICATE answers non-nil, and return that; fail for want of WHAT."
  (let* ((start (float-time)) (until (+ start harness-seconds)) found)
    (while (not (setq found (funcall predicate)))
      (when (> (float-time) until) (error "Nothing came: %s" what))
      (sit-for 0.05)
      ;; Cases run in a timer, where Emacs is never idle.
      (when (and harness-pauses (> (float-time) (+ start 0.5)) (timerp eglot--change-idle-timer))
        (timer-event-handler eglot--change-idle-timer)))
    found))

(defun harness-equal (expected actual)
  "Fail unless ACTUAL is EXPECTED."
  (unless (equal expected actual) (error "Expected %S, but got %S" expected actual)))

(defun harness-text ()
  "The text of the current buffer."
  (buffer-substring-no-properties (point-min) (point-max)))

(defun harness-open (name text &optional coding)
  "Write TEXT to the file NAME of the project and visit it, with the server."
  (let ((file (expand-file-name name harness-project))
        (coding-system-for-write (or coding 'utf-8-unix)))
    (write-region text nil file nil 'silent)
    (switch-to-buffer (find-file-noselect file))
    (harness-connect)
    (goto-char (point-min))))

(defun harness-connect ()
  "Start the server for the current buffer, or use the one that runs, and wait until it knows the settings."
  (unless (eglot-current-server) (apply #'eglot (eglot--guess-contact)))
  (harness-wait "a server" #'eglot-managed-p)
  (eglot-signal-didChangeConfiguration (eglot-current-server))
  (harness-action (if (eq harness-settings harness-held) "Held" "Shout")))

(defun harness-file (name) (expand-file-name name (getenv "HOME")))

(defun harness-hold (answer)
  "From the next file on, the model is one that says the first half of the lines of ANSWER, until `harness-let-go'."
  (delete-file (harness-file "go"))
  (write-region answer nil (harness-file "answer") nil 'silent)
  (setq harness-settings harness-held))

(defun harness-let-go () (write-region "" nil (harness-file "go") nil 'silent))

(defun harness-actions (&optional beg end)
  "The code actions from BEG to END, of the whole buffer without them."
  (eglot-code-actions (or beg (point-min)) (or end (point-max))))

(defun harness-titles (&optional beg end)
  "The titles of the code actions from BEG to END."
  (mapcar (lambda (action) (plist-get action :title)) (harness-actions beg end)))

(defun harness-action (words &optional beg end)
  "The code action whose title holds WORDS, once there is one."
  (harness-wait (format "the action %S in %S" words (harness-text))
                (lambda ()
                  (cl-find-if (lambda (action) (string-search words (plist-get action :title)))
                              (harness-actions beg end)))))

(defun harness-run (words &optional beg end)
  "Run the code action whose title holds WORDS, once there is one."
  (eglot-execute (eglot-current-server) (harness-action words beg end)))

(defun harness-keys (keys)
  "Press KEYS, as `kbd' reads them."
  (execute-kbd-macro (kbd keys))
  (redisplay))

(defun harness-type (text)
  "Type TEXT as a person does, a key at a time."
  (seq-do (lambda (c)
            (execute-kbd-macro (vector (if (eq c ?\n) ?\r c)))
            (redisplay))
          text))

(defun harness-has (words)
  "Whether the buffer holds WORDS."
  (string-search words (harness-text)))

(defun harness-await (words)
  "Wait until the buffer holds WORDS."
  (harness-wait (format "%S in %S" words (harness-text)) (lambda () (harness-has words))))

(defun harness-await-below (&rest parts)
  "Wait until the buffer holds PARTS, each below the one before."
  (harness-wait (format "%S in this order in %S" parts (harness-text))
                (lambda ()
                  (let ((text (harness-text)) (at 0))
                    (cl-every (lambda (part)
                                (let ((found (string-search part text at)))
                                  (setq at (and found (+ found (length part))))))
                              parts)))))

(defun harness-mode-line ()
  "What eglot shows in the mode line, with what it says of it under the mouse."
  (let ((shown (format-mode-line '(:eval (eglot--mode-line-format)))) (at 0) (said ""))
    (while at
      (setq said (concat said " " (or (get-text-property at 'help-echo shown) ""))
            at (next-single-property-change at 'help-echo shown)))
    (concat shown said)))

(defun harness-close ()
  "Kill every buffer of the project, unsaved or not."
  (dolist (buffer (buffer-list))
    (when (and (buffer-file-name buffer) (string-prefix-p harness-project (buffer-file-name buffer)))
      (with-current-buffer buffer (set-buffer-modified-p nil))
      (kill-buffer buffer))))

(defun harness-try (case)
  "Run one CASE and say how it went."
  (condition-case problem
      (progn (funcall (cdr case))
             (cl-incf harness-passed)
             (harness-say "ok %s" (car case)))
    (error (cl-incf harness-failed)
           (harness-say "not ok %s\n  %S" (car case) problem)))
  (setq harness-settings harness-demo)
  (harness-close))

(defun harness-main ()
  "Run the cases that were defined, write the conversation with the server, and end."
  (dolist (case (reverse harness-cases))
    (when (string-search harness-filter (car case)) (harness-try case)))
  (harness-say "%d passed, %d failed" harness-passed harness-failed)
  (when-let* ((log (getenv "EVENTS")) (buffer (cl-find-if (lambda (b) (string-search "events" (buffer-name b)))
                                                          (buffer-list))))
    (with-current-buffer buffer (write-region nil nil log nil 'silent)))
  (kill-emacs (if (zerop harness-failed) 0 1)))

;; The command loop has to run first, and the cases be read: a timer starts it all.
(run-with-timer 0.2 nil #'harness-main)

(provide 'harness)

;;; harness.el ends here
