//! A headless Chromium, driven over `WebDriver` (HTTP and JSON) by Debian's `chromium-driver`.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

/// Where this is set, a browser must be there: without one, the tests fail rather than being skipped.
const REQUIRED: &str = "AGENT_MIGRATE_BROWSER_REQUIRED";

/// A page takes no longer than this to do what it is asked.
const PATIENCE: Duration = Duration::from_secs(120);

pub(crate) struct Browser {
    driver: Child,
    port: u16,
    session: String,
}

impl Browser {
    /// A window of that width. `None`, after a message, where there is no browser.
    pub(crate) fn open(width: u32) -> Option<Self> {
        // On a busy machine a driver may give up; the next one does not.
        match Self::start(width).or_else(|_| Self::start(width)) {
            Ok(browser) => Some(browser),
            Err(why) => {
                assert!(std::env::var_os(REQUIRED).is_none(), "no browser: {why}");
                // Not `eprintln!`, which is kept back when a test passes.
                let _ = writeln!(
                    std::io::stderr(),
                    "SKIPPED: no browser to test with ({why}); apt-get install chromium chromium-driver"
                );
                None
            }
        }
    }

    fn start(width: u32) -> Result<Self, String> {
        let mut driver = Command::new("chromedriver")
            .arg("--port=0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| format!("chromedriver: {error}"))?;
        let port = driver.stdout.take().and_then(|said| {
            let mut lines = BufReader::new(said).lines().map_while(Result::ok);
            let line = lines.find(|line| line.contains("started successfully on port"))?;
            // The driver must be able to go on writing.
            std::thread::spawn(move || lines.for_each(drop));
            line.trim_end_matches('.').rsplit(' ').next()?.parse().ok()
        });
        let mut browser =
            Self { driver, port: port.ok_or("chromedriver did not start")?, session: String::new() };
        let arguments = [
            "--headless=new".into(),
            "--no-sandbox".into(),
            "--disable-gpu".into(),
            format!("--window-size={width},900"),
        ];
        let wanted = json!({"capabilities": {"alwaysMatch": {
            "goog:chromeOptions": {"args": arguments},
            "goog:loggingPrefs": {"browser": "ALL"},
        }}});
        let opened = browser.ask("POST", "/session", &wanted)?;
        opened["sessionId"].as_str().ok_or("no session")?.clone_into(&mut browser.session);
        // A window has a least width; what it shows need not.
        let metrics = json!({"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500});
        let command = json!({"cmd": "Emulation.setDeviceMetricsOverride", "params": metrics});
        browser.of_session("POST", "/goog/cdp/execute", &command)?;
        Ok(browser)
    }

    /// Opens a file and waits until it is there.
    pub(crate) fn show(&self, file: &Path) {
        self.of_session("POST", "/url", &json!({"url": format!("file://{}", file.display())})).unwrap();
    }

    /// Runs a function's body in the page; what it returns comes back, a promise once it is kept.
    #[track_caller]
    pub(crate) fn run(&self, body: &str) -> Value {
        match self.of_session("POST", "/execute/sync", &json!({"script": body, "args": []})) {
            Ok(value) => value,
            Err(error) => panic!("{error} in {body}"),
        }
    }

    /// The rows of the table that can be seen, by line.
    #[track_caller]
    pub(crate) fn seen_rows(&self) -> Vec<u64> {
        let lines = self.run(
            "return [...document.querySelectorAll('#rows tbody tr')].filter((tr) => tr.checkVisibility())
                 .map((tr) => Number(tr.cells[0].textContent));",
        );
        lines.as_array().unwrap().iter().map(|line| line.as_u64().unwrap()).collect()
    }

    /// Sets a control as a person does.
    #[track_caller]
    pub(crate) fn set(&self, control: &str, value: &str) {
        let value = json!(value);
        self.run(&format!(
            "const control = document.querySelector({control:?}); control.value = {value};
             control.dispatchEvent(new Event(control.tagName === 'SELECT' ? 'change' : 'input'));"
        ));
    }

    /// All that the page complained of: errors, refused scripts, refused requests.
    pub(crate) fn complaints(&self) -> Value {
        self.of_session("POST", "/se/log", &json!({"type": "browser"})).unwrap()
    }

    fn of_session(&self, method: &str, path: &str, body: &Value) -> Result<Value, String> {
        self.ask(method, &format!("/session/{}{path}", self.session), body)
    }

    /// One request on a connection of its own.
    fn ask(&self, method: &str, path: &str, body: &Value) -> Result<Value, String> {
        let exchange = || -> std::io::Result<String> {
            let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
            stream.set_read_timeout(Some(PATIENCE))?;
            let body = body.to_string();
            write!(
                stream,
                "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n\
                 Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
                body.len()
            )?;
            let mut reader = BufReader::new(stream);
            let (mut line, mut length) = (String::new(), 0);
            while reader.read_line(&mut line)? > 2 {
                if let Some((name, value)) = line.split_once(':')
                    && name.eq_ignore_ascii_case("content-length")
                {
                    length = value.trim().parse().unwrap_or_default();
                }
                line.clear();
            }
            let mut answer = String::new();
            reader.take(length).read_to_string(&mut answer)?;
            Ok(answer)
        };
        let answer = exchange().map_err(|error| format!("chromedriver: {error}"))?;
        let answer: Value = serde_json::from_str(&answer).map_err(|error| format!("{error}: {answer}"))?;
        match answer["value"]["error"].as_str() {
            Some(error) => Err(format!("{error}: {}", answer["value"]["message"])),
            None => Ok(answer["value"].clone()),
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        if !self.session.is_empty() {
            let _ = self.of_session("DELETE", "", &Value::Null);
        }
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}
