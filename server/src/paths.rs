//! Where Aside keeps what it keeps, private to the user.

use crate::keys::Lookup;
use aside_core::problem::{Problem, ProblemKind};
use directories::ProjectDirs;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

/// The folders, as the platform has them. None is made before something is kept there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paths {
    /// `ASIDE_CONFIG_DIR`, else e.g. `~/.config/aside`.
    pub config: PathBuf,
    /// `ASIDE_DATA_DIR`, else e.g. `~/.local/share/aside`.
    pub data: PathBuf,
    /// `ASIDE_STATE_DIR`, else e.g. `~/.local/state/aside`.
    pub state: PathBuf,
}

impl Paths {
    /// The folders of this user.
    pub fn find(environment: Lookup) -> Result<Self, Problem> {
        let own = |name| environment(name).filter(|path| !path.is_empty()).map(PathBuf::from);
        let platform = ProjectDirs::from("", "", "aside");
        let usual = |of: fn(&ProjectDirs) -> &Path| platform.as_ref().map(|dirs| of(dirs).to_owned());
        let found = |own: Option<PathBuf>, usual: Option<PathBuf>| own.or(usual).ok_or_else(homeless);
        Ok(Self {
            config: found(own("ASIDE_CONFIG_DIR"), usual(ProjectDirs::config_dir))?,
            data: found(own("ASIDE_DATA_DIR"), usual(ProjectDirs::data_local_dir))?,
            state: found(own("ASIDE_STATE_DIR"), usual(state_dir))?,
        })
    }

    /// The user's own settings file.
    pub fn settings(&self) -> PathBuf {
        self.config.join("settings.json")
    }

    /// What a panic leaves.
    pub fn crashes(&self) -> PathBuf {
        self.state.join("crashes")
    }

    /// The log; earlier ones lie beside it.
    pub fn log(&self) -> PathBuf {
        self.state.join("logs").join("aside.log")
    }

    /// The file of chats.
    pub fn chats(&self) -> PathBuf {
        self.data.join("aside.sqlite")
    }

    /// The copy of the chats that an export of this process takes, for as long as that lasts.
    pub fn export_copy(&self) -> PathBuf {
        self.state.join(format!("export-{}.sqlite", std::process::id()))
    }

    /// Chats in Markdown that the user began.
    pub fn pages(&self) -> PathBuf {
        self.data.join("chats")
    }

    /// Documents that were opened; each server has a folder of its own in it.
    pub fn answers(&self) -> PathBuf {
        self.state.join("answers")
    }

    /// Which version of the privacy policy the user knows.
    pub fn policy(&self) -> PathBuf {
        self.state.join("policy")
    }

    /// What waits to be told, with the user's consent.
    pub fn telemetry(&self) -> PathBuf {
        self.state.join("telemetry")
    }

    /// What the user consented to.
    pub fn consent(&self) -> PathBuf {
        self.state.join("consent")
    }

    /// An empty file whose time is that of the keyring's last change.
    pub fn keys_changed(&self) -> PathBuf {
        self.state.join("keys-changed")
    }

    /// The ledger's files.
    pub fn ledger(&self) -> PathBuf {
        self.state.join("ledger")
    }
}

/// Only Linux has a folder for it.
fn state_dir(dirs: &ProjectDirs) -> &Path {
    dirs.state_dir().unwrap_or_else(|| dirs.data_local_dir())
}

/// A file that a setting names: absolute, or in the user's home. Never one of the folder that happens to be open.
pub fn of_setting(path: &str) -> Option<PathBuf> {
    let path = match path.strip_prefix("~/") {
        Some(rest) => directories::BaseDirs::new()?.home_dir().join(rest),
        None => PathBuf::from(path),
    };
    path.is_absolute().then_some(path)
}

fn homeless() -> Problem {
    Problem::new(
        ProblemKind::Setting,
        "this user has no home folder",
        "Set ASIDE_CONFIG_DIR, ASIDE_DATA_DIR and ASIDE_STATE_DIR to folders.",
    )
}

/// Makes a folder, and those above it, for this user alone. One that is there stays as it is.
pub fn make_private(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Makes a folder that isn't there yet, for this user alone.
pub fn make_new_private(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Opens a file to append to, made for this user alone. A file of ours that others may read is closed to them.
pub fn append_private(path: &Path) -> io::Result<File> {
    open_private(path, OpenOptions::new().append(true))
}

/// Opens a file to write anywhere in it, made for this user alone.
pub fn change_private(path: &Path) -> io::Result<File> {
    open_private(path, OpenOptions::new().write(true))
}

fn open_private(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    check_regular(path)?;
    options.create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    let file = options.open(path)?;
    #[cfg(unix)]
    close_to_others(&file)?;
    Ok(file)
}

/// Opens a file of ours to read.
pub fn open(path: &Path) -> io::Result<File> {
    check_regular(path)?;
    File::open(path)
}

/// Reads a file of ours whole.
pub fn read(path: &Path) -> io::Result<Vec<u8>> {
    check_regular(path)?;
    std::fs::read(path)
}

/// Reads a file of ours whole, as text.
pub fn read_text(path: &Path) -> io::Result<String> {
    check_regular(path)?;
    std::fs::read_to_string(path)
}

/// A pipe or a device in a file's place may keep who opens it waiting for ever.
fn check_regular(path: &Path) -> io::Result<()> {
    match std::fs::metadata(path) {
        Ok(about) if !about.is_file() => {
            let what = format!("{} is no regular file", path.display());
            Err(io::Error::new(io::ErrorKind::InvalidInput, what))
        }
        // What is missing is made, or told by who opens it.
        Ok(_) | Err(_) => Ok(()),
    }
}

/// Closes a file of ours to others.
pub fn close(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    // Elsewhere none is open to them.
    let _ = path;
    Ok(())
}

/// Makes a file that isn't there yet, for this user alone.
pub fn create_private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Writes a file whole, for this user alone, in a folder that is made for it. It is there whole or as it was before.
pub fn write_private(path: &Path, contents: &[u8]) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        make_private(folder)?;
    }
    let mut beside = path.to_owned().into_os_string();
    beside.push(format!(".{}", std::process::id()));
    let beside = PathBuf::from(beside);
    let mut file = change_private(&beside)?;
    let written = file.set_len(0).and_then(|()| io::Write::write_all(&mut file, contents));
    drop(file);
    let moved = written.and_then(|()| std::fs::rename(&beside, path));
    if moved.is_err() {
        // It may not be there at all; the first error is the one to tell.
        let _ = std::fs::remove_file(&beside);
    }
    moved
}

/// Makes a file of a name that is not in use yet, `START` and `END` around the first free number; for this user alone.
pub fn new_numbered(folder: &Path, start: &str, end: &str, contents: &str) -> io::Result<PathBuf> {
    make_private(folder)?;
    for number in 1_u64.. {
        let path = folder.join(format!("{start}{number}{end}"));
        match create_private(&path) {
            Ok(mut file) => return io::Write::write_all(&mut file, contents.as_bytes()).map(|()| path),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::ErrorKind::StorageFull.into())
}

#[cfg(unix)]
fn close_to_others(file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let permissions = file.metadata()?.permissions();
    if permissions.mode() & 0o077 == 0 {
        return Ok(());
    }
    file.set_permissions(PermissionsExt::from_mode(0o600))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn the_environment_moves_each_folder() {
        let paths = Paths::find(|name| Some(format!("/x/{name}"))).unwrap();
        assert_eq!(paths.config, Path::new("/x/ASIDE_CONFIG_DIR"));
        assert_eq!(paths.data, Path::new("/x/ASIDE_DATA_DIR"));
        assert_eq!(paths.log(), Path::new("/x/ASIDE_STATE_DIR/logs/aside.log"));
        let state =
            Paths::find(|name| (name == "ASIDE_STATE_DIR").then(String::new)).map(|paths| paths.state);
        assert!(state.is_err() || state.is_ok_and(|state| state.is_absolute()));
    }

    #[test]
    fn a_setting_names_a_file_that_no_open_folder_can_hold() {
        let home = directories::BaseDirs::new().unwrap().home_dir().to_owned();
        assert_eq!(of_setting("~/a/ca.pem"), Some(home.join("a/ca.pem")));
        assert_eq!(of_setting(home.to_str().unwrap()), Some(home));
        for relative in ["ca.pem", "./ca.pem", "", "~", "~other/ca.pem"] {
            assert_eq!(of_setting(relative), None, "{relative}");
        }
    }

    #[test]
    fn a_numbered_file_never_replaces_another() {
        let root = tempfile::tempdir().unwrap();
        let new = |text: &str| new_numbered(&root.path().join("a"), "chat-", ".md", text).unwrap();
        let (first, second) = (new("one"), new("two"));
        assert!(first.ends_with("chat-1.md") && second.ends_with("chat-2.md"));
        assert_eq!(std::fs::read_to_string(first).unwrap(), "one");
    }

    #[cfg(unix)]
    #[test]
    fn folders_and_files_are_for_this_user_alone() {
        use std::os::unix::fs::PermissionsExt;
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("a/b");
        make_private(&folder).unwrap();
        make_private(&folder).unwrap();
        let path = folder.join("file");
        std::fs::write(&path, "old\n").unwrap();
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o644)).unwrap();
        append_private(&path).unwrap().write_all(b"new\n").unwrap();
        append_private(&folder.join("other")).unwrap();
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&root.path().join("a")), mode(&folder)), (0o700, 0o700));
        assert_eq!((mode(&path), mode(&folder.join("other"))), (0o600, 0o600));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "old\nnew\n");
    }

    #[cfg(unix)]
    #[test]
    fn a_pipe_in_a_files_place_is_refused_and_not_waited_for() {
        let root = tempfile::tempdir().unwrap();
        let pipe = root.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        for error in [
            append_private(&pipe).unwrap_err(),
            change_private(&pipe).unwrap_err(),
            open(&pipe).unwrap_err(),
            read(&pipe).unwrap_err(),
            read_text(&pipe).unwrap_err(),
        ] {
            assert_eq!(error.to_string(), format!("{} is no regular file", pipe.display()));
        }
    }

    #[test]
    fn a_file_is_written_whole_or_stays_as_it_was() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("a/file");
        write_private(&path, b"old").unwrap();
        write_private(&path, b"new").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"new");
        let folder = root.path().join("b");
        std::fs::create_dir_all(folder.join("in the way")).unwrap();
        assert!(write_private(&folder, b"new").is_err());
        let left: Vec<_> =
            std::fs::read_dir(root.path()).unwrap().flatten().map(|entry| entry.file_name()).collect();
        assert_eq!(left.len(), 2, "{left:?}");
    }
}
