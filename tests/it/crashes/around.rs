//! What a desk stands in: a disk with little room, a folder that cannot be written, a limit on files.

use std::io::{BufRead, BufReader, ErrorKind, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use crate::support::Desk;

/// More than any chain of these tests needs.
const ROOM_KIB: u64 = 4 * 1024;

pub(crate) enum Around {
    Nothing,
    /// A small disk of its own over the desk's folder.
    Volume(Volume),
    /// No file may be written beyond so many blocks of the shell's.
    FileLimit(u32),
}

impl Around {
    /// A file on the desk, as the test sees it.
    pub(crate) fn path(&self, desk: &Desk, name: &str) -> PathBuf {
        match self {
            Self::Volume(volume) => volume.root().join(desk.path(name).strip_prefix("/").unwrap()),
            Self::Nothing | Self::FileLimit(_) => desk.path(name),
        }
    }

    /// The program, ready to be given arguments. What starts it gives way to it, so that a signal meets the program.
    pub(crate) fn program(&self, desk: &Desk) -> Command {
        let line = match self {
            Self::Nothing => return desk.program(),
            Self::Volume(volume) => volume.enter(),
            Self::FileLimit(blocks) => format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$@\""),
        };
        let mut command = desk.in_shell(&line);
        command.arg(desk.folder.path()).arg(desk.program().get_program());
        command
    }

    pub(crate) const fn volume(&self) -> Option<&Volume> {
        match self {
            Self::Volume(volume) => Some(volume),
            Self::Nothing | Self::FileLimit(_) => None,
        }
    }
}

/// A small disk in memory, mounted over a desk's folder where only processes that enter see it. It goes with the
/// process that keeps it, however this test ends.
pub(crate) struct Volume {
    keeper: Child,
    folder: PathBuf,
}

impl Volume {
    /// `None`, after a message, where nothing may be mounted.
    pub(crate) fn over(desk: &Desk) -> Option<Self> {
        let line =
            format!("mount -t tmpfs -o size={ROOM_KIB}k,mode=755 tmpfs \"$0\" && echo ready && exec cat");
        let keeper = Command::new("unshare")
            .args(["-rm", "sh", "-c", &line])
            .arg(desk.folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let volume = keeper.ok().map(|keeper| Self { keeper, folder: desk.folder.path().to_owned() });
        let ready = volume.and_then(Self::when_ready);
        if ready.is_none() {
            // Not `eprintln!`, which is kept back when a test passes.
            let _ = writeln!(std::io::stderr(), "SKIPPED: no disk can be mounted here (unshare -rm, tmpfs)");
        }
        ready
    }

    fn when_ready(mut self) -> Option<Self> {
        let mut said = String::new();
        BufReader::new(self.keeper.stdout.take()?).read_line(&mut said).ok()?;
        (said == "ready\n").then_some(self)
    }

    /// The file system as those see it who have entered.
    fn root(&self) -> PathBuf {
        PathBuf::from(format!("/proc/{}/root", self.keeper.id()))
    }

    /// A line of the shell that runs its arguments, the first of which is the folder, in there.
    fn enter(&self) -> String {
        let keeper = self.keeper.id();
        format!(
            "exec nsenter --preserve-credentials -U -m -t {keeper} sh -c 'cd \"$0\" && exec \"$@\"' \"$0\" \"$@\""
        )
    }

    /// Fills the disk but for so much.
    pub(crate) fn fill_but(&self, kib: u64) {
        let mut ballast = std::fs::File::create(self.ballast()).unwrap();
        let mut written = 0;
        loop {
            match ballast.write(&[0; 4096]) {
                Ok(bytes) => written += bytes as u64,
                Err(error) if error.kind() == ErrorKind::StorageFull => break,
                Err(error) => panic!("{error}"),
            }
        }
        ballast.set_len(written.saturating_sub(kib * 1024)).unwrap();
    }

    /// Makes room again.
    pub(crate) fn empty(&self) {
        std::fs::remove_file(self.ballast()).unwrap();
    }

    fn ballast(&self) -> PathBuf {
        self.root().join(self.folder.strip_prefix("/").unwrap()).join("ballast")
    }

    /// Lets the folder be written (`rw`), or only be read (`ro`).
    pub(crate) fn mount_again(&self, how: &str) {
        let mut command = Command::new("sh");
        command.args(["-c", &self.enter()]).arg("/");
        let status = command.args(["mount", "-o", &format!("remount,bind,{how}")]).arg(&self.folder).status();
        assert!(status.unwrap().success(), "not mounted {how}");
    }
}

impl Drop for Volume {
    fn drop(&mut self) {
        let _ = self.keeper.kill();
        let _ = self.keeper.wait();
    }
}
