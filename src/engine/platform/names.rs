//! Names of hosts to addresses, as the machine resolves them. An own resolver, so that a name that leads nowhere is known
//! by its type in whatever the HTTP library wraps it.

use std::error::Error;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use thiserror::Error as ThisError;

/// The name leads to no address; the system's words.
#[derive(Clone, Debug, PartialEq, Eq, ThisError)]
#[error("{0}")]
pub(super) struct Unresolved(String);

/// Asks the system. Once a name was resolved, a later failure is trouble on the way that may pass: only before that does
/// it say that the name is wrong or that there is no network.
#[derive(Debug, Default)]
pub(super) struct Names {
    has_resolved: Arc<AtomicBool>,
}

impl Resolve for Names {
    fn resolve(&self, name: Name) -> Resolving {
        let has_resolved = Arc::clone(&self.has_resolved);
        Box::pin(async move {
            // The port is the library's business.
            let found = tokio::net::lookup_host((name.as_str(), 0)).await.and_then(|found| {
                let found: Vec<_> = found.collect();
                if found.is_empty() { Err(io::Error::other("no address")) } else { Ok(found) }
            });
            match found {
                Ok(found) => {
                    has_resolved.store(true, Ordering::Relaxed);
                    Ok(Box::new(found.into_iter()) as Addrs)
                }
                Err(error) if has_resolved.load(Ordering::Relaxed) => Err(error.into()),
                Err(error) => Err(Unresolved(error.to_string()).into()),
            }
        })
    }
}

pub(super) fn is_unresolved(error: &(dyn Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(current) = cause {
        if current.is::<Unresolved>() {
            return true;
        }
        cause = current.source();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(host: &str) -> Name {
        host.parse().unwrap()
    }

    #[tokio::test]
    async fn a_name_that_leads_nowhere_is_known_by_its_type_until_one_has_led_somewhere() {
        let names = Names::default();
        let unresolved = |resolved: Result<Addrs, Box<dyn Error + Send + Sync>>| {
            resolved.err().map(|error| error.is::<Unresolved>())
        };
        assert_eq!(unresolved(names.resolve(name("agent-migrate.invalid")).await), Some(true));
        assert!(names.resolve(name("localhost")).await.unwrap().next().unwrap().ip().is_loopback());
        assert_eq!(unresolved(names.resolve(name("agent-migrate.invalid")).await), Some(false));
    }
}
