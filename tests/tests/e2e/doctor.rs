//! `aside doctor` on a machine with some editors.

use aside_tests::editor::Process;
use std::os::unix::fs::PermissionsExt;

#[test]
fn the_doctor_names_the_editors_on_the_path_with_their_versions() {
    let folder = tempfile::TempDir::new().unwrap();
    for (program, script) in [
        ("nvim", "#!/bin/sh\necho 'NVIM v0.10.4'\necho 'Build type: Release'\n"),
        ("vim", "#!/bin/sh\nexit 1\n"),
        ("nano", "#!/bin/sh\necho 'GNU nano 7.2'\n"),
    ] {
        let path = folder.path().join(program);
        std::fs::write(&path, script).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    let path = folder.path().display().to_string();
    let mut process = Process::start(&["doctor"], &[("PATH".to_owned(), path)]);
    let said = process.stdout();
    process.wait_for_exit();
    let line = |editor: &str| said.lines().find(|line| line.trim_start().starts_with(editor));
    assert!(
        line("Neovim").is_some_and(|line| line.contains("NVIM v0.10.4") && line.contains("nvim)")),
        "{said}"
    );
    assert!(line("Vim").is_some_and(|line| line.contains("does not say its version")), "{said}");
    assert!(!said.contains("nano") && !said.contains("none that is known"), "{said}");
}
