//! The platform of these tests and its own account: who asked for what and when, and what is on and off.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::{id, record_with};

/// Longest wait before an answer, so that kills fall between requests as well as into them.
const JITTER: Duration = Duration::from_millis(2);

/// What the platform has of an assistant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Same,
    Differs,
    NoAccess,
    Missing,
}

/// An assistant of the platform. The smaller the number, the longer ago it was updated.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Assistant {
    pub(crate) number: u32,
    /// Its agent's number; the same where they share a UUID.
    pub(crate) agent: u32,
    pub(crate) kind: Kind,
}

/// What was asked for, with the number that the UUID stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Call {
    Assistant(u32),
    Agent(u32),
    Off(u32),
    On(u32),
    List,
    Models,
    Elsewhere,
}

/// A request of the account.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Request {
    pub(crate) at: Instant,
    pub(crate) call: Call,
}

/// What the platform does, in the order in which it does it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deed {
    Received,
    Answered,
}

/// What is off.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Off {
    pub(crate) assistants: BTreeSet<u32>,
    pub(crate) agents: BTreeSet<u32>,
}

type Bell = Box<dyn FnMut(Deed) + Send>;

struct Shared {
    /// Whether assistant and agent of one UUID are one record.
    one_record: bool,
    assistants: Vec<Assistant>,
    requests: Mutex<Vec<Request>>,
    off: Mutex<Off>,
    bell: Mutex<Option<Bell>>,
    connections: AtomicUsize,
}

pub(crate) struct Platform {
    shared: Arc<Shared>,
    address: SocketAddr,
}

impl Platform {
    /// Serves until the test ends. `off`: the assistants that are off before anybody asks.
    pub(crate) fn serve(assistants: &[Assistant], one_record: bool, off: &[u32]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let assistants_off: BTreeSet<u32> = off.iter().copied().collect();
        let agents = if one_record { assistants_off.clone() } else { BTreeSet::new() };
        let shared = Arc::new(Shared {
            one_record,
            assistants: assistants.to_vec(),
            requests: Mutex::default(),
            off: Mutex::new(Off { assistants: assistants_off, agents }),
            bell: Mutex::default(),
            connections: AtomicUsize::new(0),
        });
        let served = Arc::clone(&shared);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                served.connections.fetch_add(1, Ordering::SeqCst);
                let shared = Arc::clone(&served);
                thread::spawn(move || {
                    // A client that was killed is no trouble of the platform's.
                    let _ = shared.converse(&stream);
                    shared.connections.fetch_sub(1, Ordering::SeqCst);
                });
            }
        });
        Self { shared, address }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Whom to tell of each deed from now on, on the thread that does it.
    pub(crate) fn tell(&self, bell: impl FnMut(Deed) + Send + 'static) {
        *self.shared.bell.lock().unwrap() = Some(Box::new(bell));
    }

    /// Waits until everything that clients have sent is done: what a client left in the network when it was killed
    /// still arrives.
    pub(crate) fn come_to_rest(&self) {
        *self.shared.bell.lock().unwrap() = None;
        // Accepted after all that came before it.
        let mut last = TcpStream::connect(self.address).unwrap();
        last.write_all(b"GET /rest HTTP/1.1\r\nConnection: close\r\n\r\n").unwrap();
        last.read_to_string(&mut String::new()).unwrap();
        drop(last);
        while self.shared.connections.load(Ordering::SeqCst) > 0 {
            thread::sleep(Duration::from_micros(200));
        }
    }

    /// Every request so far.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.shared.requests.lock().unwrap().clone()
    }

    pub(crate) fn asked(&self) -> usize {
        self.shared.requests.lock().unwrap().len()
    }

    /// What is off now.
    pub(crate) fn off(&self) -> Off {
        self.shared.off.lock().unwrap().clone()
    }
}

impl Shared {
    fn converse(&self, stream: &TcpStream) -> std::io::Result<()> {
        stream.set_nodelay(true)?;
        let mut reader = BufReader::new(stream);
        while let Some((line, body)) = read_request(&mut reader)? {
            if line.contains(" /rest ") {
                return write_answer(stream, 200, &json!({}));
            }
            let call = understand(&line, &body);
            self.requests.lock().unwrap().push(Request { at: Instant::now(), call });
            self.ring(Deed::Received);
            thread::sleep(JITTER * fastrand::u32(0..100) / 100);
            let (status, answer) = self.answer(call);
            write_answer(stream, status, &answer)?;
            self.ring(Deed::Answered);
        }
        Ok(())
    }

    fn ring(&self, deed: Deed) {
        if let Some(bell) = self.bell.lock().unwrap().as_mut() {
            bell(deed);
        }
    }

    fn answer(&self, call: Call) -> (u16, Value) {
        let found = |number| self.assistants.iter().find(|assistant| assistant.number == number);
        match call {
            Call::Assistant(number) => match found(number) {
                Some(assistant) if assistant.kind == Kind::NoAccess => {
                    (403, json!({"message": "not shared with this key"}))
                }
                Some(assistant) if assistant.kind != Kind::Missing => {
                    (200, json!({"status": "success", "assistant": object(number, *assistant)}))
                }
                _ => (404, json!({"message": "no such assistant"})),
            },
            Call::Agent(number) => match self.assistants.iter().find(|assistant| assistant.agent == number) {
                Some(assistant) => {
                    let mut agent = object(number, *assistant);
                    if assistant.kind == Kind::Differs {
                        agent["model"] = json!("gpt-4");
                    }
                    (200, json!({"status": "success", "agent": agent}))
                }
                None => (404, json!({"message": "no such agent"})),
            },
            Call::Off(number) => self.switch(number, BTreeSet::insert),
            Call::On(number) => self.switch(number, |off, number| off.remove(&number)),
            Call::List => {
                let off = self.off.lock().unwrap();
                let agents = self.assistants.iter().map(|assistant| assistant.agent);
                let listed = agents.map(|agent| {
                    json!({"id": id(agent), "name": format!("Agent {agent}"),
                        "disabled": off.agents.contains(&agent)})
                });
                (200, json!({"agents": listed.collect::<Vec<_>>(), "nextCursor": null}))
            }
            Call::Models => {
                let model = json!({"id": "gpt-5", "object": "model", "created": 1_686_935_735_000_u64,
                    "region": "eu", "supportsExtendedThinking": false});
                (200, json!({"object": "list", "data": [model]}))
            }
            Call::Elsewhere => (404, json!({"message": "no such call"})),
        }
    }

    fn switch(&self, number: u32, change: impl Fn(&mut BTreeSet<u32>, u32) -> bool) -> (u16, Value) {
        let mut off = self.off.lock().unwrap();
        change(&mut off.assistants, number);
        if self.one_record {
            change(&mut off.agents, number);
        }
        (200, json!({"status": "success", "message": "done"}))
    }
}

fn object(number: u32, assistant: Assistant) -> Value {
    let updated = format!("2025-01-01T{:02}:{:02}:00.000Z", assistant.number / 60, assistant.number % 60);
    let name = format!("Assistant {}", assistant.number);
    record_with(&id(number), &json!({"name": name, "updatedAt": updated}))
}

fn read_request(reader: &mut impl BufRead) -> std::io::Result<Option<(String, String)>> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let (mut header, mut length) = (String::new(), 0);
    while reader.read_line(&mut header)? > 2 {
        if let Some((name, value)) = header.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().unwrap();
        }
        header.clear();
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok(Some((line, String::from_utf8(body).unwrap())))
}

fn understand(line: &str, body: &str) -> Call {
    let target = line.split(' ').nth(1).unwrap_or_default();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let asked = |text: &str| u32::from_str_radix(text.split('=').nth(1)?.get(..8)?, 16).ok();
    match (path, asked(query)) {
        ("/assistant/v1/get", Some(number)) => Call::Assistant(number),
        ("/agent/v1/get", Some(number)) => Call::Agent(number),
        ("/agent/v1/list", _) => Call::List,
        ("/agent/v1/models", _) => Call::Models,
        ("/assistant/v1/disable", _) => {
            let asked: Value = serde_json::from_str(body).unwrap();
            let number = u32::from_str_radix(&asked["assistantId"].as_str().unwrap()[..8], 16).unwrap();
            if asked["disabled"].as_bool().unwrap() { Call::Off(number) } else { Call::On(number) }
        }
        _ => Call::Elsewhere,
    }
}

fn write_answer(mut stream: &TcpStream, status: u16, body: &Value) -> std::io::Result<()> {
    let body = body.to_string();
    let head = format!(
        "HTTP/1.1 {status} Said\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all((head + &body).as_bytes())
}
