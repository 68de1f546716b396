//! Figures of whole runs of the compiled program against a loopback server: client CPU a row, rows a second, peak
//! memory. It prints; it never fails because a machine is slow.
//!
//! `cargo bench --bench run` takes 10,000 rows; `cargo bench --bench run -- --rows 1000000` shows how memory grows.
//! With `--latency-ms 100 --concurrency 32` it shows how well waiting is used. Where `taskset` is on the machine,
//! server and client get a core each.

#![expect(clippy::cast_precision_loss, reason = "figures are shown with a few digits")]

use std::error::Error;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Bytes of an assistant's prompt, so that an answer has about 3 KB, as real ones do.
const PROMPT_BYTES: usize = 2_200;
/// Ticks a second of the CPU times in `/proc` on Linux.
const TICKS_PER_SECOND: f64 = 100.0;

struct Options {
    rows: u64,
    concurrency: u32,
    latency: Duration,
    rpm: u32,
}

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().collect();
    let value = |name: &str, default: u64| -> Result<u64> {
        match arguments.iter().position(|argument| argument == name) {
            Some(at) => Ok(arguments.get(at + 1).ok_or("a value is missing")?.parse()?),
            None => Ok(default),
        }
    };
    let options = Options {
        rows: value("--rows", 10_000)?,
        concurrency: u32::try_from(value("--concurrency", 64)?)?,
        latency: Duration::from_millis(value("--latency-ms", 0)?),
        rpm: u32::try_from(value("--rpm", 1_000_000)?)?,
    };
    if arguments.iter().any(|argument| argument == "--serve") {
        return serve(options.latency);
    }
    measure(&options)
}

fn measure(options: &Options) -> Result<()> {
    let folder = std::env::temp_dir().join(format!("agent-migrate-bench-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    let input = folder.join("assistants.csv");
    write_input(&input, options.rows)?;

    let mut server = pinned("0", &std::env::current_exe()?)
        .args(["--serve", "--latency-ms", &options.latency.as_millis().to_string()])
        .stdout(Stdio::piped())
        .spawn()?;
    let mut address = String::new();
    BufReader::new(server.stdout.take().ok_or("no output of the server")?).read_line(&mut address)?;

    let figures = run_client(&input, address.trim(), options);
    server.kill()?;
    server.wait()?;
    let figures = figures?;
    let ledger_bytes = fs::metadata(folder.join("assistants.ledger"))?.len();
    fs::remove_dir_all(&folder)?;

    let rows = options.rows as f64;
    println!("rows                     {:>12}", options.rows);
    println!("wall seconds             {:>12.2}", figures.wall.as_secs_f64());
    println!("rows a second            {:>12.0}", rows / figures.wall.as_secs_f64());
    println!("client CPU-ms a row      {:>12.3}", figures.cpu_seconds * 1_000.0 / rows);
    println!("peak memory, MiB         {:>12.1}", figures.peak_kib as f64 / 1_024.0);
    println!("ledger bytes a row       {:>12.0}", ledger_bytes as f64 / rows);
    Ok(())
}

struct Figures {
    wall: Duration,
    cpu_seconds: f64,
    peak_kib: u64,
}

fn run_client(input: &Path, address: &str, options: &Options) -> Result<Figures> {
    let started = Instant::now();
    let mut client = pinned("1", Path::new(env!("CARGO_BIN_EXE_agent-migrate")))
        .arg("run")
        .arg(input)
        .args(["--base-url", &format!("http://{address}"), "--quiet"])
        .args(["--rpm", &options.rpm.to_string(), "--concurrency", &options.concurrency.to_string()])
        .env("AGENT_MIGRATE_API_KEY", "bench-key")
        .spawn()?;
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
    Ok(Figures { wall, cpu_seconds, peak_kib })
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

#[tokio::main(flavor = "current_thread")]
async fn serve(latency: Duration) -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    loop {
        let (stream, _) = listener.accept().await?;
        tokio::spawn(async move {
            // A client that goes away is none of the server's business.
            let _ = answer(stream, latency).await;
        });
    }
}

async fn answer(mut stream: TcpStream, latency: Duration) -> std::io::Result<()> {
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
        let body = body(key, id, &prompt);
        received.clear();
        if !latency.is_zero() {
            tokio::time::sleep(latency).await;
        }
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all((head + &body).as_bytes()).await?;
    }
}

fn body(key: &str, id: &str, prompt: &str) -> String {
    format!(
        r#"{{"status":"success","{key}":{{"id":"{id}","name":"Travel expenses","description":"Answers questions about travel expenses","instruction":"{prompt}","emojiIcon":"🧾","model":"gpt-5","temperature":0.3,"conversationStarters":["What may I claim?","Where do I hand it in?"],"inputType":"PROMPT","webSearchEnabled":false,"imageGenerationEnabled":false,"codeInterpreterEnabled":false,"canvasEnabled":true,"extendedThinking":false,"actions":[{{"actionId":"0c6f6a2e-53a1-4a36-9d3b-1a0f4a1c9f10","requiresConfirmation":true}}],"inputFields":[{{"slug":"topic","type":"TEXT","label":"Topic","description":"What is it about?","required":true,"order":0,"options":[],"fileTypes":null}}],"attachments":["5d1b8d0e-0f7e-4a55-8f43-53e2f1a0c9aa"],"createdAt":"2025-01-07T09:12:44.000Z","updatedAt":"2026-03-02T16:20:01.000Z"}}}}"#
    )
}
