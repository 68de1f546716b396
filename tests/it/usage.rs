//! What a person can type, and what is said when it cannot be meant so.

use std::path::Path;

use crate::support::{Desk, KEY, Ran, files, id, on_one_line};
use agent_migrate::base::DisabledState;
use agent_migrate::practice;
use agent_migrate::practice::SandboxOptions;

fn ran(desk: &Desk, line: &str) -> Ran {
    Ran::of(desk.program().args(line.split_whitespace()))
}

#[test]
fn usage_errors_exit_with_2_before_anything_is_written() {
    let desk = Desk::with_ids(&[id(1)]);
    for (line, words) in [
        ("run assistants.csv", "--platform langdock"),
        ("run", "INPUT"),
        ("run assistants.csv --platform langdock --base-url https://x.example", "cannot be used with"),
        ("run assistants.csv --sandbox --platform odeus", "cannot be used with"),
        ("run assistants.csv --sandbox --rpm 0", "0"),
        ("run assistants.csv --base-url http://example.com", "--allow-http"),
        ("run assistants.csv --base-url nonsense", "https://"),
        ("run assistants.csv --sandbox --report assistants.csv", "same file"),
        ("run assistants.csv --sandbox --json ./assistants.sandbox.report.csv", "same file"),
        ("run assistants.csv --sandbox -v --log-file ./assistants.csv", "same file"),
        ("run assistants.csv --sandbox -v --log-file assistants.sandbox.ledger", "same file"),
        ("report assistants.csv -v --log-file assistants.csv", "same file"),
        ("run assistants.csv --sandbox --recheck soon", "24h"),
        ("run assistants.csv --platform odeus --ca-cert assistants.csv", "PEM"),
        ("run assistants.csv --sandbox --column owner", "owner"),
        ("frobnicate", "frobnicate"),
    ] {
        ran(&desk, line).exits_with(2).says(words);
        assert_eq!(files(desk.folder.path()).len(), 1, "{line}");
    }
}

#[test]
fn a_key_or_certificate_file_is_never_an_output_of_any_command() {
    let desk = Desk::with_ids(&[id(1)]);
    std::fs::write(desk.path("key.txt"), "sk-the-key").unwrap();
    std::fs::hard_link(desk.path("key.txt"), desk.path("key.csv")).unwrap();
    Ran::of(desk.program().args(["run", "assistants.csv", "--sandbox"]));
    let before: std::collections::BTreeMap<_, _> = files(desk.folder.path()).into_iter().collect();
    for access in ["--api-key-file", "--ca-cert"] {
        for line in [
            "run assistants.csv --base-url http://127.0.0.1:9 -o key.txt",
            "run assistants.csv --base-url http://127.0.0.1:9 --json key.csv",
            "audit assistants.csv --base-url http://127.0.0.1:9 --html key.txt",
            "audit assistants.csv --base-url http://127.0.0.1:9 --ledger key.txt",
            "list --base-url http://127.0.0.1:9 -o key.csv",
            "verify assistants.sandbox.ledger -o key.txt",
            "rollback assistants.sandbox.ledger --yes -o key.txt",
            "doctor --base-url http://127.0.0.1:9 -v --log-file key.csv",
        ] {
            let said = ran(&desk, &format!("{line} {access} key.txt")).exits_with(2).stderr;
            assert!(
                said.contains(&format!("{access} and --")) && said.contains("are the same file"),
                "{said}"
            );
            let now: std::collections::BTreeMap<_, _> = files(desk.folder.path()).into_iter().collect();
            assert!(now == before, "{line} {access}");
        }
    }
}

#[test]
fn a_file_of_somebody_elses_is_no_place_for_a_report() {
    let desk = Desk::with_ids(&[id(1)]);
    ran(&desk, "run assistants.csv --sandbox").exits_with(0);
    std::fs::write(desk.path("notes.txt"), "mine").unwrap();
    for line in [
        "run assistants.csv --sandbox -o notes.txt",
        "run assistants.csv --sandbox --html notes.txt",
        "audit assistants.csv --sandbox --json notes.txt",
        "verify assistants.sandbox.ledger -o notes.txt",
        "rollback assistants.sandbox.ledger --yes -o notes.txt",
        "apply assistants.sandbox.ledger --dry-run --sandbox -o notes.txt",
    ] {
        let said = ran(&desk, line);
        // What is nothing to do is no reason to look at files.
        if !said.stderr.contains("nothing is off") {
            said.exits_with(2).says("notes.txt is there already, and no report of this program");
        }
        assert_eq!(desk.read("notes.txt"), "mine", "{line}");
    }
    ran(&desk, "run assistants.csv --sandbox").exits_with(0);
}

#[test]
fn a_proxy_that_cannot_be_used_is_found_out_before_the_first_request() {
    let desk = Desk::with_ids(&[id(1)]);
    for (proxy, words) in [("socks5://127.0.0.1:9", "SOCKS"), ("http:// proxy:9", "cannot be read")] {
        let mut command = desk.program();
        command.args(["run", "assistants.csv", "--base-url", "https://ai.example.invalid"]);
        Ran::of(command.env("HTTPS_PROXY", proxy).env_remove("NO_PROXY")).exits_with(2).says(words);
        assert_eq!(files(desk.folder.path()).len(), 1, "{proxy}");
    }
}

#[test]
fn a_key_file_of_powershell_is_read() {
    let desk = Desk::with_ids(&[id(1)]);
    let key = format!("\u{feff}{KEY}\r\n").encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>();
    std::fs::write(desk.path("key.txt"), key).unwrap();
    // It gets as far as the address, where nobody listens.
    ran(&desk, "run assistants.csv --base-url http://127.0.0.1:9 --retries 0 --api-key-file key.txt")
        .exits_with(4);
}

#[test]
fn without_a_key_nothing_is_done_and_the_variable_is_named() {
    let desk = Desk::with_ids(&[id(1)]);
    let mut command = desk.program();
    command.env_remove("AGENT_MIGRATE_API_KEY").args(["run", "assistants.csv", "--platform", "odeus"]);
    Ran::of(&mut command).exits_with(2).says("ODEUS_API_KEY");
}

#[test]
fn an_input_that_cannot_be_used_exits_with_1_and_says_why() {
    for (input, words) in [
        (&b""[..], "no rows"),
        (b"assistant_id,owner\n", "no rows"),
        (b"PK\x03\x04rest of a workbook", "xlsx"),
        (b"assistant_id\n\"00000001-0000-4000-8000-000000000000\nx\n", "line 2"),
    ] {
        let desk = Desk::with_input(input);
        ran(&desk, "run assistants.csv --sandbox").exits_with(1).says(words);
    }
    let desk = Desk::with_input("");
    ran(&desk, "run not-there.csv --sandbox").exits_with(1).says("not-there.csv");
}

#[test]
fn only_unusable_cells_are_rows_that_need_attention() {
    let desk = Desk::with_input("assistant_id\nnobody\nnothing\n");
    ran(&desk, "run assistants.csv --sandbox").exits_with(3);
}

#[test]
fn a_report_that_cannot_be_written_is_found_out_before_the_first_request() {
    let desk = Desk::with_ids(&[id(1)]);
    ran(&desk, "run assistants.csv --sandbox -o missing/folder/report.csv")
        .exits_with(1)
        .says("missing/folder");
    assert!(!desk.path("assistants.sandbox.ledger").exists() || files(desk.folder.path()).len() <= 2);
}

#[test]
fn the_name_of_a_report_says_its_format_and_a_workbook_is_never_poured_onto_a_screen() {
    let desk = Desk::with_ids(&[id(1)]);
    ran(&desk, "run assistants.csv --sandbox --rpm 30000").exits_with(0);
    for (name, begins) in [("a.html", "<!DOCTYPE"), ("a.JSONL", "{"), ("a.xlsx", "PK"), ("a.txt", "line,")] {
        ran(&desk, &format!("report assistants.sandbox.ledger -o {name}")).exits_with(0);
        let written = std::fs::read(desk.path(name)).unwrap();
        assert!(written.starts_with(begins.as_bytes()), "{name}");
    }
    for line in ["run assistants.csv --sandbox --xlsx -", "verify assistants.sandbox.ledger --xlsx -"] {
        ran(&desk, line).exits_with(2).says("a workbook is a file");
    }
}

/// What stands above the command that goes on once people have acted.
const AGAIN: &str = "Once they have acted";

#[cfg(unix)]
#[test]
fn whatever_the_input_is_called_the_printed_command_lines_work_as_typed() {
    use std::os::unix::ffi::OsStrExt;
    let names: [&[u8]; 8] = [
        b"M\xfcller.csv",
        b"\xff.csv",
        b"two\nlines.csv",
        b"\x1b[31mred.csv",
        b"it's & $HOME;.csv",
        "a\u{202e}b \u{10ff41}.csv".as_bytes(),
        b"-x.csv",
        b"=a b.csv",
    ];
    for name in names {
        let desk = Desk::with_input("");
        let name = std::ffi::OsStr::from_bytes(name);
        if std::fs::write(desk.folder.path().join(name), format!("assistant_id\n{}\nnobody\n", id(1)))
            .is_err()
        {
            continue; // Not every file system takes such a name.
        }
        let run = |options: &[&str]| {
            let mut command = desk.program();
            command.args(["run", "--sandbox", "--rpm", "100000"]).args(options).arg("--");
            let said = Ran::of(command.arg(name)).exits_with(3).stderr;
            assert!(!said.contains(['\u{1b}', '\u{202e}']), "{said:?}");
            said
        };
        let typed = |said: &str, below: &str, options: &str| {
            let (_, line) = said.rsplit_once(&format!("{below}:\n  ")).unwrap();
            let line = format!("{} {options}", line.lines().next().unwrap());
            // Escapes for a name are not everywhere a part of `sh`.
            let mut shell = desk.in_shell(if line.contains("$'") { "exec bash -c \"$0\"" } else { &line });
            Ran::of(shell.arg(&line)).exits_with(if below == AGAIN { 3 } else { 0 });
        };
        let said = run(&[]);
        typed(&said, AGAIN, "");
        typed(&said, "Next, a page for those who have to act", "");
        typed(&run(&["--disable", "--yes", "--disable-shared"]), "To take it back", "--yes");
    }
}

#[test]
fn help_names_every_command_and_the_exit_codes() {
    let desk = Desk::with_input("");
    let help = ran(&desk, "--help").exits_with(0).stdout;
    for word in [
        "run",
        "audit",
        "apply",
        "rollback",
        "report",
        "verify",
        "list",
        "doctor",
        "sandbox",
        "completions",
        "man",
        "Exit codes:",
        "130",
    ] {
        assert!(help.contains(word), "{word} in {help}");
    }
    assert!(ran(&desk, "run --help").exits_with(0).stdout.contains("Examples:"));
    assert!(ran(&desk, "--version").exits_with(0).stdout.starts_with("agent-migrate "));
    assert!(ran(&desk, "completions bash").exits_with(0).stdout.contains("agent-migrate"));
    assert!(ran(&desk, "man").exits_with(0).stdout.contains(".TH agent-migrate"));
}

#[test]
fn the_key_stands_in_no_output_and_no_file() {
    let desk = Desk::with_ids(&[id(1)]);
    let ran = desk
        .run("http://127.0.0.1:9", &["--retries", "0", "-vv", "--log-format", "json", "--json", "r.jsonl"]);
    assert!(!ran.stderr.contains(KEY) && !ran.stdout.contains(KEY));
    for (path, bytes) in files(desk.folder.path()) {
        assert!(memchr::memmem::find(&bytes, KEY.as_bytes()).is_none(), "{}", path.display());
    }
}

#[test]
fn the_readme_promises_only_options_that_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let desk = Desk::with_input("");
    let commands = ["run", "audit", "apply", "rollback", "report", "verify", "list", "doctor", "sandbox", ""];
    let help: String = commands
        .map(|command| format!("{command} --help"))
        .iter()
        .map(|line| ran(&desk, line).exits_with(0).stdout)
        .collect();
    for page in ["README.md", "MIGRATION.md"] {
        let text = std::fs::read_to_string(root.join(page)).unwrap();
        // Examples call other programs, too.
        let ours = text.lines().filter(|line| match page {
            "README.md" => !line.contains("cargo"),
            _ => line.contains("agent-migrate "),
        });
        let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '-';
        for word in ours.flat_map(|line| line.split(|letter| !is_part(letter))) {
            if word.starts_with("--") && word.len() > 3 {
                assert!(help.contains(word), "{page} names {word}, which no help knows");
            }
        }
    }
}

#[test]
fn the_readme_shows_what_the_sample_run_really_prints() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = std::fs::read_to_string(root.join("README.md")).unwrap();
    let (_, shown) = readme.split_once("The first one prints:\n\n```text\n").unwrap();
    let (shown, _) = shown.split_once("\n```").unwrap();
    let desk = Desk::with_input("");
    std::fs::create_dir(desk.path("samples")).unwrap();
    std::fs::copy(root.join("samples/assistants.csv"), desk.path("samples/assistants.csv")).unwrap();
    let printed = ran(&desk, "run samples/assistants.csv --sandbox").exits_with(3).stderr;
    // The program is another one here.
    let printed = printed.replace(env!("CARGO_BIN_EXE_agent-migrate"), "target/debug/agent-migrate");
    shows(&printed, shown);
}

/// The text shows what was printed, in its order, however lines are broken; `[…]` stands for what is left out.
#[track_caller]
fn shows(printed: &str, shown: &str) {
    let mut rest = on_one_line(printed);
    for piece in shown.split("[…]").map(on_one_line) {
        let found = rest.split_once(piece.as_str());
        let (_, behind) = found.unwrap_or_else(|| panic!("it shows:\n{piece}\nand this is printed:\n{rest}"));
        rest = behind.to_owned();
    }
}

/// The guide's chapter on switching off.
fn switching_off() -> String {
    let guide = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("MIGRATION.md")).unwrap();
    let (_, chapter) = guide.split_once("\n### How to switch off, and back\n").unwrap();
    chapter.split("\n### ").next().unwrap().to_owned()
}

#[test]
fn the_readme_shows_what_apply_really_prints_behind_the_sample_run_and_the_run_after_it_agrees() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = std::fs::read_to_string(root.join("README.md")).unwrap();
    let (_, chapter) = readme.split_once("\n## Mend the agents\n").unwrap();
    let blocks = chapter.split("\n## ").next().unwrap().split("\n```text\n").skip(1);
    let shown: Vec<_> = blocks.map(|block| block.split("\n```").next().unwrap()).collect();
    let desk = Desk::with_input(std::fs::read(root.join("samples/assistants.csv")).unwrap());
    // As in the chapter, but for the limit, which practice keeps, too.
    let quickly = |line: &str| ran(&desk, &format!("{line} --rpm 6000")).exits_with(3);
    quickly("run assistants.csv --sandbox");
    let printed = quickly("apply assistants.sandbox.ledger --sandbox --yes").stderr;
    let [shown] = shown.as_slice() else { panic!("{shown:?}") };
    shows(&printed, shown);
    quickly("run assistants.csv --sandbox").says("verified             19");
}

#[test]
fn the_guide_explains_every_value_of_the_column_disabled() {
    let chapter = switching_off();
    let (_, table) = chapter.split_once("\n| `disabled` | means |\n").unwrap();
    let explained: Vec<_> = table
        .lines()
        .map_while(|line| line.strip_prefix("| "))
        .filter_map(|line| line.strip_prefix('`')?.split('`').next())
        .collect();
    assert_eq!(explained, DisabledState::ALL.map(DisabledState::as_str));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_guide_shows_what_is_really_printed_about_switching_off() {
    let chapter = switching_off();
    let blocks = chapter.split("\n```text\n").skip(1);
    let shown: Vec<_> = blocks.map(|block| block.split("\n```").next().unwrap()).collect();
    let sample = std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/assistants.csv")).unwrap();
    let plan = ran(&Desk::with_input(&sample), "run assistants.csv --sandbox --dry-run").exits_with(3).stderr;
    let options = SandboxOptions { one_record: true, ..SandboxOptions::default() };
    let practice = practice::start(options).await.unwrap();
    let desk = Desk::with_input(&sample);
    let mut command = desk.program();
    command.env("AGENT_MIGRATE_API_KEY", practice.key());
    command.args(["run", "assistants.csv", "--disable", "--yes", "--base-url", &practice.base_url()]);
    let guarded = Ran::of(&mut command).exits_with(3).stderr;
    practice.stop().await;
    let [of_plan, of_probe, of_end] = shown.as_slice() else { panic!("{shown:?}") };
    for (shown, printed) in [(of_plan, &plan), (of_probe, &guarded), (of_end, &guarded)] {
        shows(printed, shown);
    }
}

#[test]
fn with_json_logs_every_line_of_standard_error_is_a_record() {
    let desk = Desk::with_ids(&[id(1)]);
    let lines = |line: &str| -> Vec<serde_json::Value> {
        let said = ran(&desk, line).stderr;
        said.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    let records = lines("run assistants.csv --sandbox -v --log-format json");
    assert!(records.iter().any(|record| record["message"] == "row done" && record["status"] == "verified"));
    assert!(records.iter().any(|record| record["message"].as_str().unwrap().contains("PRACTICE: Files:")));
    let records = lines("run nothing.csv --sandbox --log-format json");
    assert_eq!((records.len(), &records[0]["level"]), (1, &"ERROR".into()));
}
