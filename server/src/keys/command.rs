//! The user's own command that prints a key, such as `pass show openai`.

use aside_core::problem::{Problem, ProblemKind};
use secrecy::zeroize::Zeroizing;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::Command;

/// More than any key or complaint needs.
const MOST_OUTPUT: u64 = 64 * 1024;

/// Runs the command without a shell and without input, and returns the first line that it prints. Never empty.
/// A command that outlives `limit` is killed.
pub(super) async fn run(command: &[String], limit: Duration) -> Result<String, Problem> {
    let Some((program, arguments)) = command.split_first() else {
        return Err(problem("the key command is empty", ""));
    };
    let child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn();
    let mut child = child
        .map_err(|error| problem(format!("could not run the key command `{program}`"), error.to_string()))?;
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let ended = tokio::time::timeout(limit, async {
        let (printed, said) = tokio::join!(read(stdout), read(stderr));
        (printed, said, child.wait().await)
    });
    let Ok((printed, said, status)) = ended.await else {
        return Err(problem(
            format!("the key command `{program}` took longer than {} s", limit.as_secs()),
            "",
        ));
    };
    let status = status
        .map_err(|error| problem(format!("could not run the key command `{program}`"), error.to_string()))?;
    if !status.success() {
        return Err(problem(format!("the key command `{program}` failed ({status})"), last_line(&said)));
    }
    match printed.trim().lines().next() {
        Some(line) => Ok(line.trim_end().to_owned()),
        None => Err(problem(format!("the key command `{program}` printed nothing"), last_line(&said))),
    }
}

fn problem(title: impl Into<String>, detail: impl Into<String>) -> Problem {
    let next = "Try the command in a terminal, and look at `keyCommand` in the settings.";
    Problem::new(ProblemKind::NoKey, title, next).with_detail(detail)
}

async fn read(stream: Option<impl AsyncRead + Unpin>) -> Zeroizing<String> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(4096));
    if let Some(stream) = stream {
        // What was read before an error still counts; the exit status tells the rest.
        let _ = stream.take(MOST_OUTPUT).read_to_end(&mut bytes).await;
    }
    Zeroizing::new(String::from_utf8_lossy(&bytes).into_owned())
}

/// The last thing said is the reason. At most 300 characters.
fn last_line(said: &str) -> String {
    said.trim().lines().next_back().unwrap_or_default().chars().take(300).collect()
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    fn command(words: &[&str]) -> Vec<String> {
        words.iter().map(|&word| word.to_owned()).collect()
    }

    async fn failure(words: &[&str]) -> String {
        let problem = run(&command(words), Duration::from_secs(30)).await.unwrap_err();
        assert_eq!(problem.kind, ProblemKind::NoKey);
        problem.to_string()
    }

    #[tokio::test]
    async fn takes_the_first_line_and_uses_no_shell() {
        let limit = Duration::from_secs(30);
        let printed = |words: Vec<String>| async move { run(&words, limit).await.unwrap() };
        assert_eq!(printed(command(&["printf", " k-1 \nlogin: me\n"])).await, "k-1");
        assert_eq!(printed(command(&["echo", "$HOME;`id`"])).await, "$HOME;`id`");
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
    }

    #[tokio::test]
    async fn a_command_that_never_ends_is_killed() {
        let marker = format!("86{}", std::process::id());
        let problem = run(&command(&["sleep", &marker]), Duration::from_millis(200)).await.unwrap_err();
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
