//! A private D-Bus and a real Secret Service on it, in a home of their own.

use aside_tests::LIMIT;
use aside_tests::editor::Process;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A bus, and perhaps a keyring on it. Both end with it.
pub(crate) struct Session {
    home: TempDir,
    bus: Child,
    address: String,
    keyring: Option<Child>,
}

impl Session {
    /// A bus on which nothing answers for secrets.
    pub(crate) fn without_keyring() -> Self {
        let home = TempDir::new().unwrap();
        // A configuration of its own: the system's names services that the bus would start by itself.
        let config = home.path().join("bus.conf");
        let text = format!(
            "<busconfig><type>session</type><listen>unix:dir={}</listen><auth>EXTERNAL</auth>\
             <policy context=\"default\"><allow send_destination=\"*\" eavesdrop=\"true\"/>\
             <allow eavesdrop=\"true\"/><allow own=\"*\"/></policy></busconfig>",
            home.path().display()
        );
        std::fs::write(&config, text).unwrap();
        let mut bus = Command::new("dbus-daemon")
            .args(["--nofork", "--print-address", "--config-file"])
            .arg(&config)
            .stdout(Stdio::piped())
            .spawn()
            .expect("dbus-daemon is installed (`tests/run keyring` does that)");
        let mut address = String::new();
        BufReader::new(bus.stdout.take().unwrap()).read_line(&mut address).unwrap();
        Self { home, bus, address: address.trim().to_owned(), keyring: None }
    }

    /// A keyring that is unlocked with this password; its collection is made if there is none.
    pub(crate) fn unlocked(password: &str) -> Self {
        let mut session = Self::without_keyring();
        session.unlock(password);
        session
    }

    /// Starts the keyring anew, unlocked if the password is right.
    pub(crate) fn unlock(&mut self, password: &str) {
        self.start_keyring(&["--foreground", "--unlock", "--components=secrets"], password);
    }

    /// Starts the keyring anew, with its collection locked.
    pub(crate) fn lock(&mut self) {
        self.start_keyring(&["--foreground", "--components=secrets"], "");
    }

    /// Stops the keyring in the middle of what it does: it still has its name on the bus, and never answers.
    pub(crate) fn freeze(&self) {
        let id = self.keyring.as_ref().expect("a keyring runs").id().to_string();
        assert!(Command::new("kill").args(["-STOP", &id]).status().unwrap().success());
    }

    /// Runs `aside` with these arguments and this input on the bus. Gives whether it succeeded, and all it printed.
    pub(crate) fn aside(&self, arguments: &[&str], input: &str) -> (bool, String) {
        let mut process = Process::start(arguments, &self.env());
        process.write_input(input.as_bytes());
        let status = process.wait_for_exit();
        (status.success(), process.stdout() + &process.stderr())
    }

    /// The variables by which a program finds the bus, and by which all `aside`s of the session are one user's.
    pub(crate) fn env(&self) -> Vec<(String, String)> {
        let state = self.home.path().join("state").display().to_string();
        [("DBUS_SESSION_BUS_ADDRESS", self.address.clone()), ("ASIDE_STATE_DIR", state)]
            .map(|(name, value)| (name.to_owned(), value))
            .to_vec()
    }

    /// The same bus for an `aside` that has folders of its own.
    pub(crate) fn env_of_another(&self) -> Vec<(String, String)> {
        self.env().into_iter().filter(|(name, _)| name.starts_with("DBUS")).collect()
    }

    /// What another program writes into the keyring.
    pub(crate) fn write(&self, provider: &str, text: &str) {
        let mut tool = Command::new("secret-tool")
            .args(["store", "--label", "aside", "service", "aside", "username", provider])
            .envs(self.env())
            .stdin(Stdio::piped())
            .spawn()
            .expect("secret-tool is installed (`tests/run keyring` does that)");
        tool.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        assert!(tool.wait().unwrap().success());
    }

    fn start_keyring(&mut self, arguments: &[&str], password: &str) {
        self.stop_keyring();
        let folder = |name: &str| {
            let path = self.home.path().join(name);
            std::fs::create_dir_all(&path).unwrap();
            private(&path);
            path
        };
        let mut keyring = Command::new("gnome-keyring-daemon")
            .args(arguments)
            .envs(self.env())
            .env("HOME", self.home.path())
            .env("XDG_DATA_HOME", folder("data"))
            .env("XDG_RUNTIME_DIR", folder("run"))
            .env_remove("DISPLAY")
            .env_remove("WAYLAND_DISPLAY")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("gnome-keyring-daemon is installed (`tests/run keyring` does that)");
        keyring.stdin.take().unwrap().write_all(password.as_bytes()).unwrap();
        self.keyring = Some(keyring);
        self.wait_for_owner(true);
    }

    fn stop_keyring(&mut self) {
        if let Some(mut keyring) = self.keyring.take() {
            let _ = keyring.kill();
            let _ = keyring.wait();
            self.wait_for_owner(false);
        }
    }

    /// Waits until the name of the Secret Service has an owner, or has none.
    fn wait_for_owner(&self, owned: bool) {
        let until = Instant::now() + LIMIT;
        let ask = || {
            let answer = Command::new("dbus-send")
                .args(["--session", "--print-reply", "--dest=org.freedesktop.DBus", "/"])
                .args(["org.freedesktop.DBus.NameHasOwner", "string:org.freedesktop.secrets"])
                .envs(self.env())
                .output()
                .expect("dbus-send is installed");
            String::from_utf8_lossy(&answer.stdout).contains("boolean true")
        };
        while ask() != owned {
            assert!(Instant::now() < until, "the keyring did not start or stop in {LIMIT:?}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        for child in self.keyring.iter_mut().chain([&mut self.bus]) {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

#[cfg(unix)]
fn private(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o700)).unwrap();
}

#[cfg(not(unix))]
fn private(_: &Path) {}
