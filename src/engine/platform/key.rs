//! The API key: a secret without a voice.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use thiserror::Error;

/// An API key of the platform. Its `Debug` says nothing, and it is wiped from memory when dropped.
#[derive(Clone)]
pub struct ApiKey(SecretString);

/// Why a text cannot be an API key. Says nothing of the text itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum KeyError {
    /// Nothing but white space.
    #[error("The API key is empty.")]
    Empty,
    /// White space inside, control characters, or anything beyond ASCII.
    #[error(
        "The API key holds a space, a line break or a character outside ASCII. Copy it again: the key alone, on one line."
    )]
    NotVisibleAscii,
}

impl ApiKey {
    /// Takes the key as a person gave it: white space around it (and the byte order mark of a key file) is dropped.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let key = text.trim().trim_start_matches('\u{FEFF}').trim();
        if key.is_empty() {
            return Err(KeyError::Empty);
        }
        if !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(KeyError::NotVisibleAscii);
        }
        Ok(Self(SecretString::from(key)))
    }

    /// Whether both are one key.
    pub fn is_same(&self, other: &Self) -> bool {
        self.expose() == other.expose()
    }

    /// The key itself; only for the `Authorization` header and for the masks.
    pub(super) fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_around_a_key_is_dropped() {
        for text in ["sk-ld-1", "  sk-ld-1\r\n", "\u{FEFF}sk-ld-1\n"] {
            assert_eq!(ApiKey::parse(text).unwrap().expose(), "sk-ld-1", "{text:?}");
        }
    }

    #[test]
    fn what_cannot_stand_in_a_header_is_refused_without_being_repeated() {
        assert_eq!(ApiKey::parse(" \n").unwrap_err(), KeyError::Empty);
        for text in ["sk ld", "Bearer sk-ld", "sk\nld", "sk\u{0}ld", "schlüssel", "sk\u{7f}"] {
            let error = ApiKey::parse(text).unwrap_err();
            assert_eq!(error, KeyError::NotVisibleAscii, "{text:?}");
            assert!(!error.to_string().contains("sk"));
        }
    }

    #[test]
    fn a_key_says_nothing_about_itself() {
        let key = ApiKey::parse("sk-ld-secret").unwrap();
        assert_eq!(format!("{key:?} {:?}", Some(&key)), "ApiKey(***) Some(ApiKey(***))");
    }
}
