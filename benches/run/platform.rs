//! The platform of the figures: one thread on loopback, and answers as real ones are. The two sides have their keys in
//! another order; there are forms with options, actions, starters, escapes and umlauts; no row is like another.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::{Duration, Instant};

use fastrand::Rng;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What the server says when somebody connects for the first time, and for each request that it refuses.
pub(crate) const FIRST: &str = "first";
pub(crate) const REFUSED: &str = "refused";

/// In any so long the platform counts requests (PLATFORM.md, Errors).
const WINDOW: Duration = Duration::from_secs(60);

/// The workspaces that are served, by the first part of a path.
pub(crate) const USUAL: &str = "usual";
/// Prompts of [`LONG_BYTES`].
pub(crate) const LONG: &str = "long";
/// The same, and the agent's has other sentences throughout.
pub(crate) const OTHER: &str = "other";

const LONG_BYTES: usize = 40_000;

/// Of which prompts are made, as JSON has them.
#[rustfmt::skip] // A line per sentence.
const SENTENCES: &[&str] = &[
    r"Du bist die Assistentin der Reisekostenstelle und antwortest kurz, höflich und auf Deutsch.\n",
    r#"- Fragt jemand nach dem \"Tagegeld\", so nenne den Satz des Landes und ab wann er gilt.\n"#,
    r"- Belege über 250 € gehen immer an die Buchhaltung; kleinere genügen als Foto.\n",
    r"Answer in the language of the question. Be brief, and say so when you do not know.\n\n",
    r"R\u00e9ponds en fran\u00e7ais si l'on t'\u00e9crit en fran\u00e7ais; le ton reste professionnel.\n",
    r"## Schritte\n1. Prüfe, ob alle Angaben da sind.\n2. Frage nach, was fehlt.\n3. Fasse zusammen.\n",
    r"Gib nie ein Passwort oder einen Schlüssel weiter, auch nicht auf Nachfrage; verweise an die IT.\n",
    r"If somebody pastes a token, tell them to revoke it, and never repeat it.\n",
    r#"Use a table with the columns \"Land\", \"Tage\" and \"Betrag\" where there is more than one trip.\n"#,
    r#"Zitiere aus dem Handbuch wörtlich und nenne Abschnitt und Seite, z. B. \"4.2, Seite 17\".\n"#,
    r"The quarter ends on the last working day; figures after that belong to the next one.\n",
    r"Sind Zahlen im Spiel, rechne Schritt für Schritt und runde erst ganz am Ende auf zwei Stellen.\n",
    r"Do not promise deadlines. Offer to open a ticket at https://help.example.com/new instead.\n",
    r#"Anrede: \"Sie\", außer der Mensch duzt zuerst. Keine Emojis, keine Ausrufezeichen.\n"#,
    r"Write code in fenced blocks:\n```sql\nSELECT name, sum(amount) FROM trips GROUP BY name;\n```\n",
    r"Wenn du unsicher bist, sage es, und schlage zwei Wege vor, zwischen denen man wählen kann.\n",
];

const NAMES: [&str; 8] = [
    "Reisekosten prüfen",
    "Verträge übersetzen",
    "Onboarding für Führungskräfte",
    "Café-Bestellungen",
    "Sales e-mails",
    "Größen und Maße",
    "IT-Störungen aufnehmen",
    "Quartalsbericht Süd",
];

/// A value of JSON under its name.
type Member = (&'static str, String);

/// The answer to a request for one side of a row, or for the models.
pub(crate) fn answer(path: &str) -> String {
    if path.contains("/models") {
        return r#"{"object":"list","data":[{"id":"gpt-5","object":"model","created":1686935735000,"region":"eu","supportsExtendedThinking":false}]}"#.to_owned();
    }
    let workspace = path.trim_start_matches('/').split('/').next().unwrap_or_default();
    let id = path.split_once("Id=").map_or("", |(_, rest)| rest.get(..36).unwrap_or(""));
    if path.contains("/assistant/") {
        format!(r#"{{"status":"success","assistant":{}}}"#, record(workspace, id, false))
    } else {
        format!(r#"{{"agent":{},"status":"success"}}"#, record(workspace, id, true))
    }
}

fn record(workspace: &str, id: &str, is_agent: bool) -> String {
    // Both sides make the same of an id.
    let seed = id.bytes().fold(0, |seed: u64, byte| seed.wrapping_mul(31) ^ u64::from(byte));
    let mut rng = Rng::with_seed(seed);
    let bytes = if workspace == USUAL { rng.usize(600..2_000) } else { LONG_BYTES };
    let mut of_prompt = Rng::with_seed(seed ^ u64::from(workspace == OTHER && is_agent));
    let number = rng.u16(..);
    let flag = |rng: &mut Rng| rng.bool().to_string();
    let members = vec![
        ("id", format!("\"{id}\"")),
        ("name", format!("\"{} {number}\"", NAMES[rng.usize(..NAMES.len())])),
        ("description", format!("\"{}\"", text(&mut rng, 80))),
        ("instruction", format!("\"{}\"", text(&mut of_prompt, bytes))),
        ("emojiIcon", r#""🧾""#.to_owned()),
        ("model", r#""gpt-5""#.to_owned()),
        ("temperature", format!("0.{}", rng.u8(1..10))),
        ("conversationStarters", list(3, |_| format!("\"{}\"", text(&mut rng, 60)))),
        ("inputType", r#""STRUCTURED""#.to_owned()),
        ("webSearchEnabled", flag(&mut rng)),
        ("imageGenerationEnabled", flag(&mut rng)),
        ("codeInterpreterEnabled", flag(&mut rng)),
        ("canvasEnabled", flag(&mut rng)),
        ("extendedThinking", "false".to_owned()),
        ("actions", list(2, |_| action(&mut rng, is_agent))),
        ("inputFields", list(3, |place| field(&mut rng, place, is_agent))),
        ("attachments", list(2, |_| uuid(&mut rng))),
        ("createdAt", format!("\"2025-01-{:02}T09:12:44.000Z\"", rng.u8(1..29))),
        ("updatedAt", format!("\"2026-03-{:02}T16:20:01.000Z\"", rng.u8(1..29))),
    ];
    object(members, is_agent)
}

/// Whole sentences with a number each, of at least so many bytes together.
fn text(rng: &mut Rng, bytes: usize) -> String {
    let mut text = String::with_capacity(bytes + 100);
    while text.len() < bytes {
        text.push_str(&rng.u16(..).to_string());
        text.push_str(". ");
        text.push_str(SENTENCES[rng.usize(..SENTENCES.len())]);
    }
    text
}

fn action(rng: &mut Rng, is_agent: bool) -> String {
    object(vec![("actionId", uuid(rng)), ("requiresConfirmation", rng.bool().to_string())], is_agent)
}

fn field(rng: &mut Rng, place: usize, is_agent: bool) -> String {
    let (kind, options, types) = match place {
        0 => ("TEXT", "[]".to_owned(), "null"),
        1 => ("SELECT", list(5, |_| format!("\"{}\"", NAMES[rng.usize(..NAMES.len())])), "null"),
        _ => ("FILE", "[]".to_owned(), r#"["pdf","docx"]"#),
    };
    let members = vec![
        ("slug", format!("\"feld-{place}\"")),
        ("type", format!("\"{kind}\"")),
        ("label", format!("\"{}\"", NAMES[rng.usize(..NAMES.len())])),
        ("description", format!("\"{}\"", text(rng, 40))),
        ("required", rng.bool().to_string()),
        ("order", place.to_string()),
        ("options", options),
        ("fileTypes", types.to_owned()),
    ];
    object(members, is_agent)
}

fn uuid(rng: &mut Rng) -> String {
    format!("\"{}\"", uuid::Uuid::from_u128(rng.u128(..)))
}

fn list(count: usize, item: impl FnMut(usize) -> String) -> String {
    format!("[{}]", (0..count).map(item).collect::<Vec<_>>().join(","))
}

/// The agent's side has its members the other way round.
fn object(mut members: Vec<Member>, is_agent: bool) -> String {
    if is_agent {
        members.reverse();
    }
    let members: Vec<_> = members.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
    format!("{{{}}}", members.join(","))
}

/// Moments of the requests that were not refused, within the last [`WINDOW`].
type Accepted = Rc<RefCell<VecDeque<Instant>>>;

/// Serves until it is killed; refuses what is over `rpm`, if that is given.
#[tokio::main(flavor = "current_thread")]
pub(crate) async fn serve(latency: Duration, rpm: Option<u32>) -> crate::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    let (stream, _) = listener.accept().await?;
    println!("{FIRST}");
    let accepted = Accepted::default();
    let local = tokio::task::LocalSet::new();
    local.spawn_local(converse(stream, latency, rpm, accepted.clone()));
    local
        .run_until(async move {
            loop {
                let (stream, _) = listener.accept().await?;
                // A client that goes away is none of the server's business.
                tokio::task::spawn_local(converse(stream, latency, rpm, accepted.clone()));
            }
        })
        .await
}

async fn converse(
    mut stream: TcpStream,
    latency: Duration,
    rpm: Option<u32>,
    accepted: Accepted,
) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut received = Vec::with_capacity(2_048);
    loop {
        while !received.ends_with(b"\r\n\r\n") {
            if stream.read_buf(&mut received).await? == 0 {
                return Ok(());
            }
        }
        let request = String::from_utf8_lossy(&received);
        let (status, body) = match rpm {
            Some(rpm) if !has_room(&accepted, rpm) => ("429 Too Many Requests", String::new()),
            _ => ("200 OK", answer(request.split(' ').nth(1).unwrap_or_default())),
        };
        received.clear();
        if !latency.is_zero() {
            tokio::time::sleep(latency).await;
        }
        let head = format!(
            "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all((head + &body).as_bytes()).await?;
    }
}

/// Whether one more request fits into the window; one that does is counted.
fn has_room(accepted: &Accepted, rpm: u32) -> bool {
    let now = Instant::now();
    let mut accepted = accepted.borrow_mut();
    while accepted.front().is_some_and(|then| now.duration_since(*then) >= WINDOW) {
        accepted.pop_front();
    }
    let has_room = accepted.len() < rpm as usize;
    if has_room {
        accepted.push_back(now);
    } else {
        println!("{REFUSED}");
    }
    has_room
}
