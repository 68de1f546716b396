//! A terminal window with the program in it, which can be closed.

use std::fs::File;
use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::pty::{OpenptFlags, grantpt, ioctl_tiocgptpeer, openpt, unlockpt};

/// No run of these tests takes this long: whoever does hangs.
const PATIENCE: Duration = Duration::from_secs(30);

/// Whose window it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Owner {
    /// The program's: it hears a hangup when the window is closed, and can ask.
    Program,
    /// The same, but it does not listen to hangups, as under `nohup`.
    Nohup,
    /// Somebody else's: the program's standard error only leads there.
    Other,
}

pub(crate) struct Window {
    ours: Option<Arc<File>>,
    shown: Arc<Mutex<String>>,
    is_closing: Arc<AtomicBool>,
    reading: Option<JoinHandle<()>>,
    child: Child,
}

impl Window {
    /// Opens a window and starts the program in it; standard output is a file, or nothing.
    pub(crate) fn open(program: &Command, owner: Owner) -> Self {
        let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
        let ours = openpt(flags).unwrap();
        grantpt(&ours).unwrap();
        unlockpt(&ours).unwrap();
        let theirs = File::from(ioctl_tiocgptpeer(&ours, flags).unwrap());
        rustix::io::ioctl_fionbio(&ours, true).unwrap();
        let mut command = Command::new("setsid");
        match owner {
            Owner::Program => command.arg("--ctty"),
            Owner::Nohup => command.args(["--ctty", "sh", "-c", r#"trap "" HUP; exec "$0" "$@""#]),
            Owner::Other => &mut command,
        };
        command.arg(program.get_program()).args(program.get_args());
        for (name, value) in program.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command.current_dir(program.get_current_dir().unwrap()).env("TERM", "xterm");
        command.stdin(theirs.try_clone().unwrap()).stdout(Stdio::null()).stderr(theirs);
        let child = command.spawn().unwrap();
        // Else our copy of their end would keep the terminal alive.
        drop(command);
        let (ours, shown) = (Arc::new(File::from(ours)), Arc::new(Mutex::new(String::new())));
        let is_closing = Arc::new(AtomicBool::new(false));
        let reading = {
            let (ours, shown, is_closing) = (ours.clone(), shown.clone(), is_closing.clone());
            std::thread::spawn(move || read(&ours, &shown, &is_closing))
        };
        Self { ours: Some(ours), shown, is_closing, reading: Some(reading), child }
    }

    /// What has been shown so far.
    pub(crate) fn shown(&self) -> String {
        self.shown.lock().unwrap().clone()
    }

    /// Types on the terminal.
    pub(crate) fn type_in(&self, text: &str) {
        self.ours.as_deref().unwrap().write_all(text.as_bytes()).unwrap();
    }

    #[track_caller]
    pub(crate) fn wait_until_shown(&self, words: &str) {
        let started = Instant::now();
        while !self.shown().contains(words) {
            assert!(started.elapsed() < PATIENCE, "{words:?} never came: {}", self.shown());
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// Closes the window.
    pub(crate) fn close(&mut self) {
        self.is_closing.store(true, Ordering::SeqCst);
        if let Some(reading) = self.reading.take() {
            reading.join().unwrap();
        }
        self.ours = None;
    }

    /// Says once more that the terminal is gone, as the system does when the shell has ended.
    pub(crate) fn hang_up(&self) {
        Command::new("kill").args(["-HUP", &self.child.id().to_string()]).status().unwrap();
    }

    /// The exit code, and how long it took from now on; `None` after a signal.
    #[track_caller]
    pub(crate) fn ends(&mut self) -> (Option<i32>, Duration) {
        let started = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return (status.code(), started.elapsed());
            }
            if started.elapsed() > PATIENCE {
                let _ = self.child.kill();
                panic!("it hangs: {}", self.shown());
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        self.close();
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn read(mut ours: &File, shown: &Mutex<String>, is_closing: &AtomicBool) {
    let mut part = [0; 4096];
    while !is_closing.load(Ordering::SeqCst) {
        match ours.read(&mut part) {
            Ok(read) if read > 0 => {
                shown.lock().unwrap().push_str(&String::from_utf8_lossy(&part[..read]));
            }
            // Nothing for now, or their end is closed.
            _ => std::thread::sleep(Duration::from_millis(1)),
        }
    }
}
