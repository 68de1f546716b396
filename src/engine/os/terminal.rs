//! The terminal, by whatever standard input and output are.

/// It, for reading and for writing.
pub const TERMINAL: (&str, &str) =
    if cfg!(windows) { ("CONIN$", "CONOUT$") } else { ("/dev/tty", "/dev/tty") };

/// Forgets what was typed so far. A terminal that cannot do it is asked all the same.
pub fn forget_what_was_typed() {
    #[cfg(unix)]
    if let Ok(terminal) = std::fs::File::open(TERMINAL.0) {
        let _ = rustix::termios::tcflush(&terminal, rustix::termios::QueueSelector::IFlush);
    }
    #[cfg(windows)]
    if let Ok(handle) = crossterm_winapi::Handle::current_in_handle() {
        let console = crossterm_winapi::Console::from(handle);
        // As many as there are at a time, and none waited for.
        while console.number_of_console_input_events().is_ok_and(|typed| typed > 0)
            && console.read_console_input().is_ok()
        {}
    }
}
