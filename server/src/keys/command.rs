//! The user's own command that prints a key, such as `pass show openai`.

use aside_core::plain::plain;
use aside_core::problem::{Problem, ProblemKind};
use aside_core::provider::failure::without_key;
use secrecy::zeroize::Zeroizing;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::Command;

/// More than any key or complaint needs.
const MOST_OUTPUT: u64 = 64 * 1024;
/// How long what a command printed is waited for once it has ended: a process it leaves behind may hold its output.
const LAST_WORDS: Duration = Duration::from_millis(300);

/// What a command is for: it says so where it fails.
#[derive(Debug, Clone, Copy)]
pub(super) struct Purpose {
    /// `key command`.
    pub(super) name: &'static str,
    /// The setting to look at.
    pub(super) setting: &'static str,
}

pub(super) const KEY: Purpose = Purpose { name: "key command", setting: "keyCommand" };

/// Runs the command without a shell, without input and in the user's home, so that a file of the folder that is open
/// is never taken for the program. Returns what it prints, trimmed and never empty. A command that outlives `limit` is
/// killed.
pub(super) async fn run(
    purpose: Purpose,
    words: &[String],
    limit: Duration,
) -> Result<Zeroizing<String>, Problem> {
    let what = purpose.name;
    let Some((program, arguments)) = words.split_first() else {
        return Err(problem(purpose, format!("the {what} is empty"), ""));
    };
    let home = directories::BaseDirs::new().map(|folders| folders.home_dir().to_owned());
    // A bare name is looked for on the `PATH`, a path from the user's home on.
    let path = match (&home, program.strip_prefix("~/")) {
        (Some(home), Some(inside)) => home.join(inside),
        (Some(home), None) if program.contains(['/', '\\']) => home.join(program),
        (Some(_) | None, _) => PathBuf::from(program),
    };
    let mut command = Command::new(path);
    command
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    if let Some(home) = home {
        command.current_dir(home);
    }
    let unstarted = |error: std::io::Error| {
        problem(purpose, format!("could not run the {what} `{program}`"), error.to_string())
    };
    let mut child = command.spawn().map_err(unstarted)?;
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let (mut printed, mut said) = (buffer(), buffer());
    let ended = tokio::time::timeout(limit, async {
        let reading = async { tokio::join!(read(stdout, &mut printed), read(stderr, &mut said)) };
        tokio::pin!(reading);
        tokio::select! {
            _ = &mut reading => child.wait().await,
            status = child.wait() => {
                drop(tokio::time::timeout(LAST_WORDS, &mut reading).await);
                status
            }
        }
    });
    let Ok(status) = ended.await else {
        let title = format!("the {what} `{program}` took longer than {} s", limit.as_secs());
        return Err(problem(purpose, title, ""));
    };
    let status = status.map_err(unstarted)?;
    if printed.len() as u64 == MOST_OUTPUT {
        return Err(problem(purpose, format!("the {what} `{program}` printed more than any key"), ""));
    }
    if !status.success() {
        let title = format!("the {what} `{program}` failed ({status})");
        return Err(problem(purpose, title, last_line(&said)));
    }
    let printed = Zeroizing::new(String::from_utf8_lossy(&printed).into_owned());
    match printed.trim() {
        "" => Err(problem(purpose, format!("the {what} `{program}` printed nothing"), last_line(&said))),
        text => Ok(Zeroizing::new(text.to_owned())),
    }
}

/// Where a password manager keeps a login and notes below a password, the password is the first line.
pub(super) fn first_line(printed: &str) -> &str {
    printed.lines().next().unwrap_or_default().trim_end()
}

fn problem(purpose: Purpose, title: impl Into<String>, detail: impl Into<String>) -> Problem {
    let next = format!("Try the command in a terminal, and look at `{}` in the settings.", purpose.setting);
    Problem::new(ProblemKind::NoKey, title, next).with_detail(detail)
}

fn buffer() -> Zeroizing<Vec<u8>> {
    Zeroizing::new(Vec::with_capacity(4096))
}

async fn read(stream: Option<impl AsyncRead + Unpin>, bytes: &mut Vec<u8>) {
    if let Some(stream) = stream {
        // What was read before an error still counts; the exit status tells the rest.
        let _ = stream.take(MOST_OUTPUT).read_to_end(bytes).await;
    }
}

/// The last thing said is the reason, without what looks like a key. At most 300 characters.
fn last_line(said: &[u8]) -> String {
    let said = String::from_utf8_lossy(said);
    let said = plain(&said);
    let line: String = said.trim().lines().next_back().unwrap_or_default().chars().take(300).collect();
    without_key(&line)
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_secs(30);

    fn command(words: &[&str]) -> Vec<String> {
        words.iter().map(|&word| word.to_owned()).collect()
    }

    async fn failure(words: &[&str]) -> String {
        let problem = run(KEY, &command(words), LIMIT).await.unwrap_err();
        assert_eq!(problem.kind, ProblemKind::NoKey);
        problem.to_string()
    }

    #[tokio::test]
    async fn takes_the_first_line_and_uses_no_shell() {
        let printed = |words: Vec<String>| async move {
            first_line(&run(KEY, &words, LIMIT).await.unwrap()).to_owned()
        };
        assert_eq!(printed(command(&["printf", " k-1 \nlogin: me\n"])).await, "k-1");
        assert_eq!(printed(command(&["echo", "$HOME;`id`"])).await, "$HOME;`id`");
    }

    #[tokio::test]
    async fn runs_at_home_and_not_in_the_folder_that_is_open() {
        let home = directories::BaseDirs::new().unwrap().home_dir().canonicalize().unwrap();
        assert_eq!(run(KEY, &command(&["pwd", "-P"]), LIMIT).await.unwrap().as_str(), home.to_str().unwrap());
    }

    #[tokio::test]
    async fn a_process_that_the_command_leaves_behind_holds_nothing_up() {
        let left = "sleep 20 & echo k-1";
        assert_eq!(
            run(KEY, &command(&["sh", "-c", left]), Duration::from_secs(10)).await.unwrap().as_str(),
            "k-1"
        );
    }

    #[tokio::test]
    async fn a_failure_never_repeats_what_looks_like_a_key() {
        for key in ["sk-canary-31415926", "AIzaSyCanaryCanary", "0123456789abcdef"] {
            let script = format!("echo {key}; echo \"rejected '{key}': locked\" >&2; exit 1");
            let said = failure(&["sh", "-c", &script]).await;
            assert!(!said.contains(key) && said.contains("rejected '…': locked"), "{said}");
        }
    }

    #[tokio::test]
    async fn a_failure_says_the_commands_own_words() {
        let said = failure(&["sh", "-c", "echo noise >&2; echo 'vault is locked.' >&2; exit 3"]).await;
        assert!(
            said.starts_with("The key command `sh` failed (exit status: 3) (vault is locked)."),
            "{said}"
        );
        assert!(failure(&["no-such-program-anywhere"]).await.contains("No such file"));
        assert!(failure(&["sh", "-c", "echo hm >&2"]).await.contains("printed nothing (hm)"));
        assert!(failure(&["true"]).await.contains("printed nothing"));
        assert!(failure(&["yes"]).await.contains("printed more than any key"));
        let red = failure(&["sh", "-c", "printf '\\033[31mlocked\\033[0m\\n' >&2; exit 2"]).await;
        assert!(red.contains("(locked)"), "{red}");
        let said = failure(&["sh", "-c", "echo no entry $0 >&2; exit 1", "sk-proj-abcdefgh1"]).await;
        assert!(said.contains("(no entry …)"), "{said}");
    }

    #[tokio::test]
    async fn a_command_that_never_ends_is_killed() {
        let marker = format!("86{}", std::process::id());
        let problem = run(KEY, &command(&["sleep", &marker]), Duration::from_millis(200)).await.unwrap_err();
        assert!(problem.title.contains("took longer"), "{problem}");
        // Dropping the child sends the signal; the process is gone as soon as the system gets to it.
        for _ in 0..200 {
            let alive = std::process::Command::new("ps").args(["-eo", "args"]).output().unwrap();
            if !String::from_utf8_lossy(&alive.stdout).contains(&format!("sleep {marker}")) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("the command still runs");
    }
}
