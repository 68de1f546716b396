//! What the page may do: its own style and script, known by their hashes, and nothing else.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{SHA256, digest};

pub(super) const STYLE: &str = include_str!("templates/style.css");

pub(super) const SCRIPT: &str = include_str!("templates/script.js");

/// The Content-Security-Policy: a name that turned out to be markup after all could neither run nor load nor send
/// anything.
pub(super) fn content_security_policy() -> String {
    format!(
        "default-src 'none'; style-src '{}'; script-src '{}'; img-src data:; base-uri 'none'; form-action 'none'",
        source(STYLE),
        source(SCRIPT)
    )
}

fn source(text: &str) -> String {
    format!("sha256-{}", STANDARD.encode(digest(&SHA256, text.as_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_spelled_as_browsers_compare_it() {
        // The well-known hash of nothing.
        assert_eq!(source(""), "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
    }

    #[test]
    fn style_and_script_keep_to_the_policy_and_end_where_they_should() {
        for text in [STYLE, SCRIPT] {
            assert!(!text.contains("</") && !text.contains("<!--") && !text.contains('\r'));
            assert!(!text.contains("http:") && !text.contains("https:") && !text.contains("url("));
        }
        for word in ["eval(", "Function(", "fetch(", "XMLHttpRequest", "localStorage", "document.write"] {
            assert!(!SCRIPT.contains(word), "{word}");
        }
    }
}
