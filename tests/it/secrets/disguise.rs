//! How servers spell a key that they were sent.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};

fn each(key: &str, spell: impl Fn(u8) -> String) -> String {
    key.bytes().map(spell).collect()
}

/// What stands between the quotes of a JSON string.
pub(crate) fn json(text: &str) -> String {
    let quoted = serde_json::to_string(text).unwrap();
    quoted[1..quoted.len() - 1].to_owned()
}

fn percent(text: &str, hex: fn(u8) -> String) -> String {
    each(text, |byte| if byte.is_ascii_alphanumeric() { char::from(byte).into() } else { hex(byte) })
}

fn html(text: &str) -> String {
    each(text, |byte| match byte {
        b'&' => "&amp;".into(),
        b'"' => "&quot;".into(),
        b'\'' => "&#39;".into(),
        b'<' => "&lt;".into(),
        b'>' => "&gt;".into(),
        other => char::from(other).into(),
    })
}

/// Base64 in lines, as MIME, PEM and Ruby have it.
fn in_lines(text: &str, width: usize, end: &str) -> String {
    let encoded = STANDARD.encode(text);
    let lines: Vec<&str> =
        encoded.as_bytes().chunks(width).map(|line| std::str::from_utf8(line).unwrap()).collect();
    lines.join(end)
}

/// The key as a text may hold it.
fn in_text(key: &str) -> Vec<String> {
    let upper = |byte| format!("%{byte:02X}");
    let lower = |byte| format!("%{byte:02x}");
    let mut spellings = vec![
        key.to_owned(),
        format!("Authorization: Bearer {key}"),
        format!("Bearer+{}", percent(key, upper)),
        percent(key, lower),
        each(key, upper),
        each(key, lower),
        percent(&percent(key, upper), upper),
        json(key),
        json(&json(key)),
        json(key).replace('/', "\\/"),
        each(key, |byte| format!("\\u{byte:04x}")),
        each(key, |byte| format!("\\u{byte:04X}")),
        each(key, |byte| format!("\\x{byte:02x}")),
        html(key),
        html(&json(key)),
        each(key, |byte| format!("&#{byte};")),
        each(key, |byte| format!("&#x{byte:X};")),
        each(key, |byte| format!("{byte:02x}")),
        each(key, |byte| format!("{byte:02X}")),
    ];
    for before in ["", "u", "us", "Authorization: Bearer "] {
        for after in ["", "\r\nAccept: */*"] {
            let long = format!("{before}{key}{after}");
            for engine in [&STANDARD, &STANDARD_NO_PAD, &URL_SAFE, &URL_SAFE_NO_PAD] {
                spellings.push(engine.encode(&long));
            }
            spellings.push(percent(&STANDARD.encode(&long), upper));
            spellings.push(STANDARD.encode(&long).replace('/', "\\/"));
            spellings.push(in_lines(&long, 76, "\r\n"));
            spellings.push(in_lines(&long, 60, "\n"));
        }
    }
    spellings
}

/// The key as the inside of a JSON string may hold it, each spelling once.
pub(crate) fn in_json(key: &str) -> Vec<String> {
    let mut spellings: Vec<String> = in_text(key).iter().map(|text| json(text)).collect();
    spellings.extend(in_text(key).iter().map(|text| json(text).replace('/', "\\/").replace('+', "\\u002B")));
    spellings.push(each(key, |byte| format!("\\u{byte:04x}")));
    spellings.push(each(&STANDARD.encode(key), |byte| format!("\\u{byte:04X}")));
    spellings.sort();
    spellings.dedup();
    spellings
}

/// Some of them, as the value of a header may hold them.
pub(crate) fn in_header(key: &str) -> String {
    let spellings: Vec<String> = in_text(key)
        .into_iter()
        .filter(|text| text.bytes().all(|byte| byte.is_ascii_graphic()))
        .take(25)
        .collect();
    spellings.join(";")
}
