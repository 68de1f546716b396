//! Figures of whole runs of the compiled program against a loopback server: client CPU a row, rows a second, time to
//! the first request, peak memory, `report` and `--help`. It prints; it never fails because a machine is slow.
//!
//! `cargo bench --bench run` takes 10,000 rows; after `--`:
//! - `--rows 1000000 --limit 20`: from a long input to the first request; without the limit, how memory grows;
//! - `--latency-ms 100 --concurrency 32`: how well waiting is used;
//! - `--rows 760 --rpm 300 --enforce`: five minutes at a limit that the server enforces in any 60 seconds.
//!
//! Where `taskset` is on the machine, server and client get a core each.

#![expect(clippy::cast_precision_loss, reason = "figures are shown with a few digits")]

use std::cell::RefCell;
use std::collections::VecDeque;
use std::error::Error;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::rc::Rc;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// The program that is measured.
const BINARY: &str = env!("CARGO_BIN_EXE_agent-migrate");
/// What the server says when somebody connects for the first time, and for each request that it refuses.
const FIRST: &str = "first";
const REFUSED: &str = "refused";
/// Bytes of an assistant's prompt, so that an answer has about 3 KB, as real ones do.
const PROMPT_BYTES: usize = 2_200;
/// Ticks a second of the CPU times in `/proc` on Linux.
const TICKS_PER_SECOND: f64 = 100.0;
/// Starts of the program that are timed for `--help`; the median counts.
const STARTS: usize = 21;
/// In any so long the platform counts requests (PLATFORM.md, Limits).
const WINDOW: Duration = Duration::from_secs(60);

struct Options {
    rows: u64,
    limit: Option<u64>,
    concurrency: u32,
    latency: Duration,
    rpm: u32,
    /// Whether the server refuses what is over `rpm`.
    enforce: bool,
}

impl Options {
    fn checked_rows(&self) -> u64 {
        self.limit.map_or(self.rows, |limit| limit.min(self.rows))
    }
}

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().collect();
    let value = |name: &str, default: u64| -> Result<u64> {
        match arguments.iter().position(|argument| argument == name) {
            Some(at) => Ok(arguments.get(at + 1).ok_or("a value is missing")?.parse()?),
            None => Ok(default),
        }
    };
    let given = |name: &str| arguments.iter().any(|argument| argument == name);
    let options = Options {
        rows: value("--rows", 10_000)?,
        limit: if given("--limit") { Some(value("--limit", 0)?) } else { None },
        concurrency: u32::try_from(value("--concurrency", 64)?)?,
        latency: Duration::from_millis(value("--latency-ms", 0)?),
        rpm: u32::try_from(value("--rpm", 1_000_000)?)?,
        enforce: given("--enforce"),
    };
    if given("--serve") {
        return serve(options.latency, options.enforce.then_some(options.rpm));
    }
    measure(&options)
}

fn measure(options: &Options) -> Result<()> {
    let folder = std::env::temp_dir().join(format!("agent-migrate-bench-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    let input = folder.join("assistants.csv");
    write_input(&input, options.rows)?;

    let mut server = pinned("0", &std::env::current_exe()?);
    server.args(["--serve", "--latency-ms", &options.latency.as_millis().to_string()]);
    if options.enforce {
        server.args(["--enforce", "--rpm", &options.rpm.to_string()]);
    }
    let mut server = server.stdout(Stdio::piped()).spawn()?;
    let heard = listen_to(&mut server)?;
    let (_, address) = heard.recv()?;

    let figures = run_client(&input, &address, options);
    server.kill()?;
    server.wait()?;
    let figures = figures?;
    let ledger = folder.join("assistants.ledger");
    let ledger_bytes = fs::metadata(&ledger)?.len();
    let report = time_of(program().arg("report").arg(&ledger).arg("-o").arg(folder.join("again.csv")))?;
    let help = median_of_starts()?;
    fs::remove_dir_all(&folder)?;

    let told: Vec<(Instant, String)> = heard.into_iter().collect();
    let first_request = told.iter().find(|(_, told)| told == FIRST).map(|(at, _)| *at - figures.started);
    let refused = told.iter().filter(|(_, told)| told == REFUSED).count();
    let checked = options.checked_rows();
    let rows = checked as f64;
    println!("rows of the input        {:>12}", options.rows);
    println!("rows checked             {checked:>12}");
    println!("wall seconds             {:>12.2}", figures.wall.as_secs_f64());
    println!("  to the first request   {:>12.2}", first_request.unwrap_or_default().as_secs_f64());
    println!("rows a second            {:>12.0}", rows / figures.wall.as_secs_f64());
    println!("requests a minute        {:>12.0}", rows * 120.0 / figures.wall.as_secs_f64());
    println!("requests refused         {refused:>12}");
    println!("client CPU-ms a row      {:>12.3}", figures.cpu_seconds * 1_000.0 / rows);
    println!("peak memory, MiB         {:>12.1}", figures.peak_kib as f64 / 1_024.0);
    println!("ledger bytes a row       {:>12.0}", ledger_bytes as f64 / rows);
    println!("report as CSV, seconds   {:>12.2}", report.as_secs_f64());
    println!("--help, ms               {:>12.1}", help.as_secs_f64() * 1_000.0);
    println!("binary, MB               {:>12.1}", fs::metadata(BINARY)?.len() as f64 / 1_000_000.0);
    Ok(())
}

/// What the server says, a line at a time, each with the moment at which it did.
fn listen_to(server: &mut Child) -> Result<Receiver<(Instant, String)>> {
    let lines = BufReader::new(server.stdout.take().ok_or("no output of the server")?).lines();
    let (teller, heard) = channel();
    std::thread::spawn(move || {
        for line in lines.map_while(std::result::Result::ok) {
            let _ = teller.send((Instant::now(), line));
        }
    });
    Ok(heard)
}

fn program() -> Command {
    Command::new(BINARY)
}

fn time_of(command: &mut Command) -> Result<Duration> {
    let started = Instant::now();
    let ended = command.stdout(Stdio::null()).stderr(Stdio::null()).status()?;
    if ended.success() {
        Ok(started.elapsed())
    } else {
        Err(format!("{command:?} ended with {ended}").into())
    }
}

fn median_of_starts() -> Result<Duration> {
    let mut times =
        (0..STARTS).map(|_| time_of(program().arg("--help"))).collect::<Result<Vec<Duration>>>()?;
    times.sort_unstable();
    times.get(STARTS / 2).copied().ok_or_else(|| "nothing was timed".into())
}

struct Figures {
    started: Instant,
    wall: Duration,
    cpu_seconds: f64,
    peak_kib: u64,
}

fn run_client(input: &Path, address: &str, options: &Options) -> Result<Figures> {
    let started = Instant::now();
    let mut client = pinned("1", Path::new(BINARY));
    client
        .arg("run")
        .arg(input)
        .args(["--base-url", &format!("http://{address}"), "--quiet"])
        .args(["--rpm", &options.rpm.to_string(), "--concurrency", &options.concurrency.to_string()])
        .env("AGENT_MIGRATE_API_KEY", "bench-key");
    if let Some(limit) = options.limit {
        client.args(["--limit", &limit.to_string()]);
    }
    let mut client = client.spawn()?;
    let mut peak_kib = 0;
    let process = format!("/proc/{}", client.id());
    // A process that has ended keeps its CPU times, but not its memory, until it is waited for.
    let cpu_seconds = loop {
        if let Some(kib) = field_of(&format!("{process}/status"), "VmHWM:") {
            peak_kib = kib;
        }
        if let Some(cpu_seconds) = cpu_when_ended(&process) {
            break cpu_seconds;
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    let wall = started.elapsed();
    expect_success(&mut client)?;
    Ok(Figures { started, wall, cpu_seconds, peak_kib })
}

fn expect_success(client: &mut Child) -> Result<()> {
    let status = client.wait()?;
    if status.success() { Ok(()) } else { Err(format!("the run ended with {status}").into()) }
}

fn pinned(core: &str, program: &Path) -> Command {
    if Path::new("/usr/bin/taskset").exists() {
        let mut command = Command::new("/usr/bin/taskset");
        command.args(["-c", core]).arg(program);
        command
    } else {
        Command::new(program)
    }
}

fn field_of(path: &str, name: &str) -> Option<u64> {
    let text = fs::read_to_string(path).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

fn cpu_when_ended(process: &str) -> Option<f64> {
    let stat = fs::read_to_string(format!("{process}/stat")).ok()?;
    let fields: Vec<&str> = stat.rsplit_once(") ")?.1.split(' ').collect();
    let ticks: f64 = fields.get(11)?.parse::<f64>().ok()? + fields.get(12)?.parse::<f64>().ok()?;
    (*fields.first()? == "Z").then_some(ticks / TICKS_PER_SECOND)
}

fn write_input(path: &Path, rows: u64) -> Result<()> {
    let mut file = std::io::BufWriter::new(fs::File::create(path)?);
    writeln!(file, "assistant_id,owner,team")?;
    for row in 0..rows {
        // Spread over the whole space, as real ids are: a ledger must not profit from sorted ones.
        let id = uuid::Uuid::from_u64_pair(row.wrapping_mul(0x9E37_79B9_7F4A_7C15), row);
        writeln!(file, "{id},owner{row}@example.com,team {}", row % 40)?;
    }
    Ok(file.flush()?)
}

/// Moments of the requests that were not refused, within the last [`WINDOW`].
type Accepted = Rc<RefCell<VecDeque<Instant>>>;

#[tokio::main(flavor = "current_thread")]
async fn serve(latency: Duration, rpm: Option<u32>) -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    let (stream, _) = listener.accept().await?;
    println!("{FIRST}");
    let accepted = Accepted::default();
    let local = tokio::task::LocalSet::new();
    local.spawn_local(answer(stream, latency, rpm, accepted.clone()));
    local
        .run_until(async move {
            loop {
                let (stream, _) = listener.accept().await?;
                // A client that goes away is none of the server's business.
                tokio::task::spawn_local(answer(stream, latency, rpm, accepted.clone()));
            }
        })
        .await
}

async fn answer(
    mut stream: TcpStream,
    latency: Duration,
    rpm: Option<u32>,
    accepted: Accepted,
) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let prompt = "x".repeat(PROMPT_BYTES);
    let mut received = Vec::with_capacity(2_048);
    loop {
        while !received.ends_with(b"\r\n\r\n") {
            if stream.read_buf(&mut received).await? == 0 {
                return Ok(());
            }
        }
        let request = String::from_utf8_lossy(&received);
        let key = if request.starts_with("GET /assistant/") { "assistant" } else { "agent" };
        let id = request.split_once("Id=").map_or("", |(_, rest)| rest.get(..36).unwrap_or(""));
        let (status, body) = match rpm {
            Some(rpm) if !has_room(&accepted, rpm) => ("429 Too Many Requests", String::new()),
            _ => ("200 OK", body(key, id, &prompt)),
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

fn body(key: &str, id: &str, prompt: &str) -> String {
    format!(
        r#"{{"status":"success","{key}":{{"id":"{id}","name":"Travel expenses","description":"Answers questions about travel expenses","instruction":"{prompt}","emojiIcon":"🧾","model":"gpt-5","temperature":0.3,"conversationStarters":["What may I claim?","Where do I hand it in?"],"inputType":"PROMPT","webSearchEnabled":false,"imageGenerationEnabled":false,"codeInterpreterEnabled":false,"canvasEnabled":true,"extendedThinking":false,"actions":[{{"actionId":"0c6f6a2e-53a1-4a36-9d3b-1a0f4a1c9f10","requiresConfirmation":true}}],"inputFields":[{{"slug":"topic","type":"TEXT","label":"Topic","description":"What is it about?","required":true,"order":0,"options":[],"fileTypes":null}}],"attachments":["5d1b8d0e-0f7e-4a55-8f43-53e2f1a0c9aa"],"createdAt":"2025-01-07T09:12:44.000Z","updatedAt":"2026-03-02T16:20:01.000Z"}}}}"#
    )
}
