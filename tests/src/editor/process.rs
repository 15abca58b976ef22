//! The server's process: the binary cargo built, in a home of its own, with a bare environment.

use crate::LIMIT;
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant, SystemTime};
use tempfile::TempDir;

/// The binary under test, beside the test executable in cargo's target directory.
///
/// # Panics
/// If it is missing, or older than a source it was built from: cargo doesn't build it for these tests by itself.
#[must_use]
pub fn binary() -> PathBuf {
    let test = std::env::current_exe().expect("a test has an executable");
    let profile = test.ancestors().nth(2).expect("target/PROFILE/deps/TEST");
    let binary = profile.join(format!("aside{}", std::env::consts::EXE_SUFFIX));
    let advice = "run `cargo build` first (`tests/run` does)";
    let built = modified(&binary).unwrap_or_else(|| panic!("no {}: {advice}", binary.display()));
    let inputs = std::fs::read_to_string(profile.join("aside.d")).unwrap_or_default();
    for source in inputs.split_whitespace().skip(1) {
        let newer = modified(Path::new(source)).is_none_or(|changed| changed > built);
        assert!(!newer, "{} is older than {source}: {advice}", binary.display());
    }
    binary
}

fn modified(path: &Path) -> Option<SystemTime> {
    path.metadata().and_then(|m| m.modified()).ok()
}

#[derive(Debug)]
pub struct Process {
    child: Child,
    home: TempDir,
    errors: Receiver<String>,
    error_text: String,
}

impl Process {
    /// Starts `aside` with a home of its own and nothing in its environment but `env`.
    #[must_use]
    #[track_caller]
    pub fn start(arguments: &[&str], env: &[(String, String)]) -> Self {
        let home = TempDir::new().expect("a temporary directory");
        let command = command(home.path(), arguments, env);
        Self::spawn(home, command)
    }

    /// The same under a program that watches it, such as `strace`, with its arguments.
    #[must_use]
    #[track_caller]
    pub fn start_under(under: &[String], arguments: &[&str], env: &[(String, String)]) -> Self {
        let Some((program, its)) = under.split_first() else { return Self::start(arguments, env) };
        let home = TempDir::new().expect("a temporary directory");
        let aside = command(home.path(), arguments, env);
        let mut watched = Command::new(program);
        watched.args(its).arg(aside.get_program()).args(aside.get_args()).env_clear();
        watched.envs(aside.get_envs().filter_map(|(name, value)| Some((name, value?))));
        Self::spawn(home, watched)
    }

    /// The same in a folder of the test's, as an editor starts it where a project is open.
    #[must_use]
    #[track_caller]
    pub fn start_in(folder: &Path, arguments: &[&str], env: &[(String, String)]) -> Self {
        let home = TempDir::new().expect("a temporary directory");
        let mut command = command(home.path(), arguments, env);
        command.current_dir(folder);
        Self::spawn(home, command)
    }

    /// The same where no file may grow past so many KiB: writing fails then, as on a full disk.
    #[must_use]
    #[track_caller]
    pub fn start_with_small_files(kib: u32, arguments: &[&str], env: &[(String, String)]) -> Self {
        let home = TempDir::new().expect("a temporary directory");
        let aside = command(home.path(), arguments, env);
        let mut limited = Command::new("sh");
        // The limit is in blocks of 512 bytes. Without the trap the system would end the program.
        let script = format!("trap '' XFSZ; ulimit -f {}; exec \"$0\" \"$@\"", kib * 2);
        limited.arg("-c").arg(script).arg(aside.get_program()).args(aside.get_args()).env_clear();
        limited.envs(aside.get_envs().filter_map(|(name, value)| Some((name, value?))));
        Self::spawn(home, limited)
    }

    #[track_caller]
    fn spawn(home: TempDir, mut command: Command) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the server starts");
        let mut stderr = child.stderr.take().expect("stderr is piped");
        let (sender, errors) = channel();
        std::thread::spawn(move || {
            let mut text = vec![];
            let _ = stderr.read_to_end(&mut text);
            let _ = sender.send(String::from_utf8_lossy(&text).into_owned());
        });
        Self { child, home, errors, error_text: String::new() }
    }

    /// Where to send what the server is to read. Its input is closed when the sender is dropped.
    pub(super) fn writer(&mut self) -> Sender<Vec<u8>> {
        let mut input = self.child.stdin.take().expect("its input is taken once");
        let (sender, receiver) = channel::<Vec<u8>>();
        std::thread::spawn(move || {
            for bytes in receiver {
                if input.write_all(&bytes).and_then(|()| input.flush()).is_err() {
                    return;
                }
            }
        });
        sender
    }

    /// Writes all of the process's input, and closes it.
    pub fn write_input(&mut self, bytes: &[u8]) {
        let mut input = self.child.stdin.take().expect("its input is written once");
        input.write_all(bytes).expect("the process reads its input");
    }

    /// All that the process printed, once it has ended.
    pub fn stdout(&mut self) -> String {
        let mut text = String::new();
        self.output().read_to_string(&mut text).expect("the process prints text");
        text
    }

    pub(super) fn output(&mut self) -> ChildStdout {
        self.child.stdout.take().expect("its output is taken once")
    }

    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    #[must_use]
    pub fn home(&self) -> PathBuf {
        self.home.path().to_owned()
    }

    pub fn has_ended(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(Some(_)))
    }

    /// # Panics
    /// If it doesn't end within the limit; it is killed then.
    #[track_caller]
    pub fn wait_for_exit(&mut self) -> ExitStatus {
        let until = Instant::now() + LIMIT;
        loop {
            if let Some(status) = self.child.try_wait().expect("the server is a child of ours") {
                return status;
            }
            if Instant::now() > until {
                self.kill();
                panic!("the server did not end in {LIMIT:?}; its log:\n{}", self.log());
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Everything in the server's log files.
    #[must_use]
    pub fn log(&self) -> String {
        let Ok(files) = std::fs::read_dir(state_dir(self.home.path()).join("logs")) else {
            return String::new();
        };
        let mut paths: Vec<PathBuf> = files.flatten().map(|file| file.path()).collect();
        paths.sort();
        paths.iter().map(|path| std::fs::read_to_string(path).unwrap_or_default()).collect()
    }

    /// # Panics
    /// If the log holds a warning or an error that isn't expected, or lacks an expected one; or if anything was
    /// printed to stderr.
    #[track_caller]
    pub fn check_log(&mut self, expected: &[&str]) {
        let log = self.log();
        let grave = |line: &&str| line.contains(" WARN ") || line.contains(" ERROR ");
        let surprises: Vec<&str> = log
            .lines()
            .filter(grave)
            .filter(|line| !expected.iter().any(|words| line.contains(words)))
            .collect();
        assert!(surprises.is_empty(), "in the server's log: {surprises:#?}");
        for words in expected {
            assert!(
                log.lines().filter(grave).any(|line| line.contains(words)),
                "no {words:?} in the log:\n{log}"
            );
        }
        let stderr = self.stderr();
        assert!(stderr.is_empty(), "the server printed to stderr: {stderr}");
    }

    /// What the server printed to stderr; complete once it has ended.
    pub fn stderr(&mut self) -> String {
        self.error_text.extend(self.errors.recv_timeout(LIMIT));
        self.error_text.clone()
    }
}

/// The command that starts `aside` in such a home.
pub(super) fn command(home: &Path, arguments: &[&str], env: &[(String, String)]) -> Command {
    let mut command = Command::new(binary());
    command.args(arguments).env_clear().envs(environment(home)).envs(env.iter().cloned());
    command
}

fn environment(home: &Path) -> BTreeMap<&'static str, String> {
    let inside = |name: &str| home.join(name).display().to_string();
    let mut variables = BTreeMap::from([
        ("HOME", inside("")),
        ("ASIDE_CONFIG_DIR", inside("config")),
        ("ASIDE_DATA_DIR", inside("data")),
        ("ASIDE_STATE_DIR", state_dir(home).display().to_string()),
        // A keyring that the user has stays out of reach.
        ("DBUS_SESSION_BUS_ADDRESS", format!("unix:path={}", inside("no-bus"))),
        ("XDG_RUNTIME_DIR", inside("no-runtime")),
        ("LANG", "C.UTF-8".to_owned()),
        ("RUST_BACKTRACE", "1".to_owned()),
    ]);
    for name in ["PATH", "SYSTEMROOT", "TMPDIR", "TEMP"] {
        variables.extend(std::env::var_os(name).map(|value| (name, value.to_string_lossy().into_owned())));
    }
    variables
}

fn state_dir(home: &Path) -> PathBuf {
    home.join("state")
}
