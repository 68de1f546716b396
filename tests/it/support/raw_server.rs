//! A server without manners, over TCP or TLS: it reads a request and then does with the connection what it is told, byte
//! for byte and below HTTP, where a mock server would mend it.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// A request as it came.
pub(crate) struct Request {
    pub(crate) method: String,
    /// Path and query; through a proxy the whole address.
    pub(crate) target: String,
    /// The line of the method and everything up to the body.
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

/// What is done with the connection, one step after the other; behind the last one the next request is read.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Send(Vec<u8>),
    /// A byte at a time, with this pause behind each.
    Drip(Vec<u8>, Duration),
    /// Nothing, until the client goes.
    Silence,
    /// The connection ends as it should.
    Close,
    /// The connection breaks.
    Reset,
}

/// How the server behaves.
pub(crate) trait Manners: Send + Sync + 'static {
    /// Whether this connection, counted from 0, is let in; the others are reset before anything is read.
    fn lets_in(&self, connection: usize) -> bool {
        let _ = connection;
        true
    }

    fn answer(&self, request: &Request) -> Vec<Step>;
}

/// A head that tells the truth about the body behind it.
pub(crate) fn head(status: u16, headers: &[(&str, &str)], length: usize) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {status} Said\r\ncontent-length: {length}\r\n");
    head.extend(headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")));
    (head + "\r\n").into_bytes()
}

/// An answer with manners.
pub(crate) fn whole(status: u16, headers: &[(&str, &str)], body: &[u8]) -> Vec<Step> {
    vec![Step::Send([head(status, headers, body.len()).as_slice(), body].concat())]
}

/// The authority of [`RawServer::tls`], which nobody knows.
pub(crate) fn authority() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tls/ca.pem")
}

/// The server, until it is dropped.
pub(crate) struct RawServer {
    pub(crate) port: u16,
    connections: Arc<AtomicUsize>,
    is_over: Arc<AtomicBool>,
}

impl RawServer {
    pub(crate) fn start(manners: Arc<dyn Manners>) -> Self {
        Self::listen(manners, None)
    }

    /// The same behind a certificate for 127.0.0.1.
    pub(crate) fn tls(manners: Arc<dyn Manners>) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tls");
        let chain = vec![CertificateDer::from_pem_file(folder.join("server.pem")).unwrap()];
        let key = PrivateKeyDer::from_pem_file(folder.join("server.key")).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .unwrap();
        Self::listen(manners, Some(Arc::new(config)))
    }

    fn listen(manners: Arc<dyn Manners>, tls: Option<Arc<ServerConfig>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (connections, is_over) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
        let (counter, ends) = (Arc::clone(&connections), Arc::clone(&is_over));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if ends.load(Ordering::SeqCst) {
                    break;
                }
                let Ok(stream) = stream else { continue };
                if !manners.lets_in(counter.fetch_add(1, Ordering::SeqCst)) {
                    continue;
                }
                let (manners, tls) = (Arc::clone(&manners), tls.clone());
                // What the client does to the connection is its business.
                std::thread::spawn(move || match tls {
                    None => serve_plain(stream, &*manners),
                    Some(config) => serve_tls(stream, config, &*manners),
                });
            }
        });
        Self { port, connections, is_over }
    }

    /// Connections so far, those that were reset at once included.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

impl Drop for RawServer {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

/// The last byte of a request stays unread until the answer is sent: a socket that is closed with something unread
/// resets the connection in place of closing it.
fn serve_plain(mut stream: TcpStream, manners: &dyn Manners) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut seen = vec![0; 64 * 1024];
    loop {
        let mut before = 0;
        let request = loop {
            let length = stream.peek(&mut seen)?;
            if let Some(request) = parse(&seen[..length]) {
                break request;
            }
            if length == 0 {
                return Ok(());
            }
            if length == before {
                std::thread::sleep(Duration::from_millis(1));
            }
            before = length;
        };
        let mut left = vec![0; request.head.len() + request.body.len() - 1];
        stream.read_exact(&mut left)?;
        for step in manners.answer(&request) {
            match step {
                Step::Reset => return Ok(()),
                Step::Close => {
                    stream.read_exact(&mut [0])?;
                    return stream.shutdown(std::net::Shutdown::Both);
                }
                other => send(&mut stream, other)?,
            }
        }
        stream.read_exact(&mut [0])?;
    }
}

fn serve_tls(stream: TcpStream, config: Arc<ServerConfig>, manners: &dyn Manners) -> io::Result<()> {
    let mut stream = StreamOwned::new(ServerConnection::new(config).map_err(io::Error::other)?, stream);
    loop {
        let mut seen = Vec::new();
        let request = loop {
            let mut more = [0; 4_096];
            let length = stream.read(&mut more)?;
            if length == 0 {
                return Ok(());
            }
            seen.extend(&more[..length]);
            if let Some(request) = parse(&seen) {
                break request;
            }
        };
        for step in manners.answer(&request) {
            match step {
                Step::Reset => return Ok(()),
                Step::Close => {
                    stream.conn.send_close_notify();
                    return stream.flush();
                }
                other => send(&mut stream, other)?,
            }
        }
    }
}

fn send(stream: &mut (impl Read + Write), step: Step) -> io::Result<()> {
    match step {
        Step::Send(bytes) => {
            stream.write_all(&bytes)?;
            stream.flush()
        }
        Step::Drip(bytes, pause) => bytes.iter().try_for_each(|byte| {
            stream.write_all(&[*byte])?;
            stream.flush()?;
            std::thread::sleep(pause);
            Ok(())
        }),
        Step::Silence => {
            while stream.read(&mut [0; 64])? > 0 {}
            Err(io::ErrorKind::UnexpectedEof.into())
        }
        Step::Close | Step::Reset => Ok(()),
    }
}

/// The request that these bytes begin with, once it is whole.
fn parse(bytes: &[u8]) -> Option<Request> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let length = head
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .map_or(0, |(_, value)| value.trim().parse().unwrap());
    let body = bytes.get(end..end + length)?.to_vec();
    let mut words = head.split_whitespace().map(String::from);
    Some(Request { method: words.next()?, target: words.next()?, head: head.clone(), body })
}
