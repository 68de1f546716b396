//! Figures of the compiled program, as a person meets it. It prints; it never fails because a machine is slow.
//!
//! `cargo bench --bench run` takes a few minutes for all of it; after `--`, `--only PART` for one:
//! - `run`: client CPU a row, rows a second, peak memory, time to the first request, `report` and `--help`, for 10,000
//!   rows. `--rows 1000000 --limit 20`: from a long input to the first request; without the limit, how memory grows.
//!   `--latency-ms 100 --concurrency 32`: how well waiting is used. `--rows 760 --rpm 300 --enforce`: five minutes at a
//!   limit that the server enforces in any 60 seconds.
//! - `audit`: an audit and its reports, of 20,000 usual assistants and of 1,000 with long prompts;
//! - `page`: the page of 300 mismatches of 40 KB each;
//! - `split`: the files of 2,000 owners;
//! - `secrets`: how much text a second is searched for secrets.
//!
//! Where `taskset` is on the machine, server and client get a core each.

#![expect(clippy::cast_precision_loss, reason = "figures are shown with a few digits")]

mod platform;

use std::error::Error;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use agent_migrate::audit::Secrets;
use agent_migrate::engine::record::{Side, read};
use tempfile::TempDir;
use uuid::Uuid;

use platform::{FIRST, LONG, OTHER, REFUSED, USUAL};

type Result<T> = std::result::Result<T, Box<dyn Error>>;
type Part = fn(&Options) -> Result<()>;

/// The program that is measured.
const BINARY: &str = env!("CARGO_BIN_EXE_agent-migrate");
/// Ticks a second of the CPU times in `/proc` on Linux.
const TICKS_PER_SECOND: f64 = 100.0;
/// Starts of the program that are timed for `--help`; the median counts.
const STARTS: usize = 21;

struct Options {
    rows: u64,
    limit: Option<u64>,
    concurrency: u64,
    latency_ms: u64,
    rpm: u64,
    /// Whether the server refuses what is over `rpm`.
    enforce: bool,
}

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().collect();
    let given = |name: &str| arguments.iter().any(|argument| argument == name);
    let text = |name: &str| {
        let at = arguments.iter().position(|argument| argument == name)?;
        arguments.get(at + 1).map(String::as_str)
    };
    let number = |name: &str, default: u64| text(name).map_or(Ok(default), str::parse);
    let options = Options {
        rows: number("--rows", 10_000)?,
        limit: text("--limit").map(str::parse).transpose()?,
        concurrency: number("--concurrency", 64)?,
        latency_ms: number("--latency-ms", 0)?,
        rpm: number("--rpm", 1_000_000)?,
        enforce: given("--enforce"),
    };
    if given("--serve") {
        let rpm = options.enforce.then_some(u32::try_from(options.rpm)?);
        return platform::serve(Duration::from_millis(options.latency_ms), rpm);
    }
    let parts: [(&str, Part); 5] =
        [("run", run), ("audit", audit), ("page", page), ("split", split), ("secrets", secrets)];
    let only = text("--only");
    for (_, part) in parts.into_iter().filter(|(name, _)| only.is_none_or(|only| only == *name)) {
        part(&options)?;
    }
    Ok(())
}

fn run(options: &Options) -> Result<()> {
    let bench = Bench::new(options, options.rows)?;
    let run = bench.over_network("run", USUAL, options)?;
    let ledger = bench.path("assistants.ledger");
    let ledger_bytes = fs::metadata(&ledger)?.len();
    let report = bench.report(&ledger, &["-o", "again.csv"])?;
    let help = median_of_starts()?;
    let told = bench.told()?;
    let first = told.iter().find(|(_, told)| told == FIRST).map(|(at, _)| *at - run.started);
    let refused = told.iter().filter(|(_, told)| told == REFUSED).count();
    let checked = options.limit.map_or(options.rows, |limit| limit.min(options.rows));
    let (rows, seconds) = (checked as f64, run.wall.as_secs_f64());
    println!("run");
    say("rows of the input", options.rows as f64, 0);
    say("rows checked", rows, 0);
    say("wall seconds", seconds, 2);
    say("  to the first request", first.unwrap_or_default().as_secs_f64(), 2);
    say("rows a second", rows / seconds, 0);
    say("requests a minute", rows * 120.0 / seconds, 0);
    say("requests refused", refused as f64, 0);
    say("client CPU-ms a row", run.cpu_seconds * 1_000.0 / rows, 3);
    say("peak memory, MiB", run.peak_mib, 1);
    say("ledger bytes a row", ledger_bytes as f64 / rows, 0);
    say("report as CSV, seconds", report.wall.as_secs_f64(), 2);
    say("--help, ms", help.as_secs_f64() * 1_000.0, 1);
    say("binary, MB", fs::metadata(BINARY)?.len() as f64 / 1_000_000.0, 1);
    Ok(())
}

fn audit(options: &Options) -> Result<()> {
    for (rows, workspace) in [(20_000, USUAL), (1_000, LONG)] {
        let bench = Bench::new(options, rows)?;
        let audit = bench.over_network("audit", workspace, options)?;
        println!("audit of {rows} {workspace} assistants");
        say("client CPU-ms a row", audit.cpu_seconds * 1_000.0 / rows as f64, 3);
        say("peak memory, MiB", audit.peak_mib, 1);
        for format in ["csv", "json", "html"] {
            let report =
                bench.report(&bench.path("assistants.audit.ledger"), &["--format", format, "-o", "again"])?;
            say(&format!("report as {format}, seconds"), report.wall.as_secs_f64(), 2);
        }
    }
    Ok(())
}

fn page(options: &Options) -> Result<()> {
    let bench = Bench::new(options, 300)?;
    bench.over_network("run", OTHER, options)?;
    let page = bench.report(&bench.path("assistants.ledger"), &["--format", "html", "-o", "again.html"])?;
    println!("page of 300 long mismatches");
    say("seconds", page.wall.as_secs_f64(), 2);
    say("peak memory, MiB", page.peak_mib, 1);
    Ok(())
}

fn split(options: &Options) -> Result<()> {
    let bench = Bench::new(options, 2_000)?;
    bench.over_network("run", USUAL, options)?;
    println!("split for 2,000 owners");
    for time in ["first time", "again"] {
        let ledger = bench.path("assistants.ledger");
        let split = bench.report(&ledger, &["--split-by", "owner", "--output-dir", "owners"])?;
        say(&format!("{time}, seconds"), split.wall.as_secs_f64(), 2);
    }
    Ok(())
}

fn secrets(_: &Options) -> Result<()> {
    let id = Uuid::from_u128(7);
    let body = platform::answer(&format!("/{LONG}/agent/v1/get?agentId={id}"));
    let record = read(Side::Agent, body.as_bytes(), id)?;
    let (started, mut bytes) = (Instant::now(), 0);
    while started.elapsed() < Duration::from_secs(3) {
        Secrets::default().add(&record);
        bytes += body.len();
    }
    println!("secrets");
    say("MB a second", bytes as f64 / started.elapsed().as_secs_f64() / 1_000_000.0, 0);
    Ok(())
}

fn say(what: &str, figure: f64, digits: usize) {
    println!("  {what:<26} {figure:>12.digits$}");
}

/// A folder with an input, and a server in a process of its own.
struct Bench {
    folder: TempDir,
    server: Child,
    heard: Receiver<(Instant, String)>,
    address: String,
}

impl Bench {
    fn new(options: &Options, rows: u64) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        write_input(&folder.path().join("assistants.csv"), rows)?;
        let mut server = pinned("0", &std::env::current_exe()?);
        server.args(["--serve", "--latency-ms", &options.latency_ms.to_string()]);
        if options.enforce {
            server.args(["--enforce", "--rpm", &options.rpm.to_string()]);
        }
        let mut server = server.stdout(Stdio::piped()).spawn()?;
        let heard = listen_to(&mut server)?;
        let (_, address) = heard.recv()?;
        Ok(Self { folder, server, heard, address })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// `run` or `audit` of the whole input.
    fn over_network(&self, command: &str, workspace: &str, options: &Options) -> Result<Figures> {
        let mut client = self.client();
        client
            .args([command, "assistants.csv", "--quiet"])
            .args(["--base-url", &format!("http://{}/{workspace}", self.address)])
            .args(["--rpm", &options.rpm.to_string(), "--concurrency", &options.concurrency.to_string()])
            .env("AGENT_MIGRATE_API_KEY", "bench-key");
        if let Some(limit) = options.limit {
            client.args(["--limit", &limit.to_string()]);
        }
        figures_of(client)
    }

    fn report(&self, ledger: &Path, arguments: &[&str]) -> Result<Figures> {
        let mut client = self.client();
        client.arg("report").arg(ledger).arg("--quiet").args(arguments);
        figures_of(client)
    }

    fn client(&self) -> Command {
        let mut client = pinned("1", Path::new(BINARY));
        client.current_dir(self.folder.path());
        client
    }

    /// What the server has said, now that it is no longer needed.
    fn told(mut self) -> Result<Vec<(Instant, String)>> {
        self.server.kill()?;
        self.server.wait()?;
        Ok(self.heard.iter().collect())
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        // It may have ended before.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
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

fn median_of_starts() -> Result<Duration> {
    let mut times = Vec::new();
    for _ in 0..STARTS {
        let started = Instant::now();
        Command::new(BINARY).arg("--help").stdout(Stdio::null()).status()?;
        times.push(started.elapsed());
    }
    times.sort_unstable();
    Ok(times[STARTS / 2])
}

struct Figures {
    started: Instant,
    wall: Duration,
    cpu_seconds: f64,
    peak_mib: f64,
}

/// Runs it to its end, which is a good one also where rows need attention.
fn figures_of(mut command: Command) -> Result<Figures> {
    let started = Instant::now();
    let mut child = command.stdout(Stdio::null()).spawn()?;
    let mut peak_kib = 0;
    let process = format!("/proc/{}", child.id());
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
    let status = child.wait()?;
    if matches!(status.code(), Some(0 | 3)) {
        Ok(Figures { started, wall, cpu_seconds, peak_mib: peak_kib as f64 / 1_024.0 })
    } else {
        Err(format!("{command:?} ended with {status}").into())
    }
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
        let id = Uuid::from_u64_pair(row.wrapping_mul(0x9E37_79B9_7F4A_7C15), row);
        writeln!(file, "{id},owner{row}@example.com,team {}", row % 40)?;
    }
    Ok(file.flush()?)
}
