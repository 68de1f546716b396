//! The connection itself, so that an answer can be cut, dripped or withheld below HTTP, as networks do it.
//!
//! An error in a response body would do for some of this, but not for a reset before the answer nor for a slow head.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, Weak};
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Sleep;

use super::state::locked;

/// What happens to the next answer on a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// It is sent.
    Whole,
    /// A byte at a time with this pause between.
    Slow(Duration),
    /// The head and this many bytes of the body are sent, then the connection ends: `reset` as broken, else as closed.
    Cut { body: usize, reset: bool },
    /// Nothing is sent, the connection ends.
    Nothing { reset: bool },
}

#[derive(Debug)]
struct Control {
    shape: Shape,
    /// Whoever waits for the client to send more; woken so that an idle connection notices its end.
    reader: Option<Waker>,
}

/// A handle on one connection: what the request's handler decides about its answer.
#[derive(Clone, Debug)]
pub(super) struct Wire(Arc<Mutex<Control>>);

impl Wire {
    /// Decides about the answer that is sent next.
    pub(super) fn shape(&self, shape: Shape) {
        locked(&self.0).shape = shape;
    }

    /// Ends the connection now.
    fn end(&self) {
        let mut control = locked(&self.0);
        control.shape = Shape::Nothing { reset: false };
        if let Some(waker) = control.reader.take() {
            waker.wake();
        }
    }
}

/// Every open connection, to be ended when the server stops.
#[derive(Debug, Default)]
pub(super) struct Wires(Mutex<Vec<Weak<Mutex<Control>>>>);

impl Wires {
    /// Ends every connection that is still open.
    pub(super) fn end_all(&self) {
        for wire in locked(&self.0).drain(..) {
            if let Some(control) = wire.upgrade() {
                Wire(control).end();
            }
        }
    }

    fn add(&self, wire: &Wire) {
        let mut wires = locked(&self.0);
        // Amortised: closed connections are swept whenever the list would have to grow.
        if wires.len() == wires.capacity() {
            wires.retain(|wire| wire.strong_count() > 0);
        }
        wires.push(Arc::downgrade(&wire.0));
    }
}

/// A listener whose connections can be shaped.
pub(super) struct WireListener {
    pub(super) listener: TcpListener,
    pub(super) wires: Arc<Wires>,
}

impl Listener for WireListener {
    type Io = WireStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (WireStream, SocketAddr) {
        // axum's own listener: it waits and goes on when the process is out of file handles.
        let (stream, address) = Listener::accept(&mut self.listener).await;
        // Without this a dripping answer would be glued together again. Harmless if refused.
        let _ = stream.set_nodelay(true);
        let wire = Wire(Arc::new(Mutex::new(Control { shape: Shape::Whole, reader: None })));
        self.wires.add(&wire);
        (WireStream { stream, wire, sent: Sent::default(), pause: None }, address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

impl Connected<IncomingStream<'_, WireListener>> for Wire {
    fn connect_info(stream: IncomingStream<'_, WireListener>) -> Self {
        stream.io().wire.clone()
    }
}

/// How far an answer that is to be cut has been sent.
#[derive(Debug, Default)]
struct Sent {
    /// Bytes of the head's end (`\r\n\r\n`) seen so far; 4 is the whole of it.
    head_end: usize,
    /// Bytes of the body.
    body: usize,
}

const HEAD_END: &[u8; 4] = b"\r\n\r\n";

impl Sent {
    /// How much of `buffer` may still go when `body` bytes of the body may.
    fn allowance(&self, buffer: &[u8], body: usize) -> usize {
        let mut ahead = Self { ..*self };
        buffer.iter().take_while(|byte| ahead.advance(**byte) <= body).count()
    }

    /// Counts a byte as sent; gives the bytes of the body sent so far.
    fn advance(&mut self, byte: u8) -> usize {
        match HEAD_END.get(self.head_end) {
            None => self.body += 1,
            Some(expected) if *expected == byte => self.head_end += 1,
            Some(_) => self.head_end = usize::from(byte == b'\r'),
        }
        self.body
    }
}

/// A connection whose answers follow the [`Shape`] that was set last.
pub(super) struct WireStream {
    stream: TcpStream,
    wire: Wire,
    sent: Sent,
    pause: Option<Pin<Box<Sleep>>>,
}

impl WireStream {
    fn ended(&self, reset: bool) -> io::Error {
        if reset {
            // With nothing lingering the system sends a reset. Where it refuses, the close has to do.
            let _ = self.stream.set_zero_linger();
        }
        io::Error::new(io::ErrorKind::ConnectionAborted, "the practice workspace ended the connection")
    }

    fn poll_slow(&mut self, cx: &mut Context<'_>, buffer: &[u8], pause: Duration) -> Poll<io::Result<usize>> {
        if let Some(sleep) = &mut self.pause {
            ready!(sleep.as_mut().poll(cx));
            self.pause = None;
        }
        let first = buffer.get(..1).unwrap_or_default();
        let written = ready!(Pin::new(&mut self.stream).poll_write(cx, first))?;
        self.pause = Some(Box::pin(tokio::time::sleep(pause)));
        Poll::Ready(Ok(written))
    }

    fn poll_cut(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &[u8],
        body: usize,
        reset: bool,
    ) -> Poll<io::Result<usize>> {
        let allowed = self.sent.allowance(buffer, body);
        let Some(allowed) = buffer.get(..allowed).filter(|allowed| !allowed.is_empty()) else {
            return Poll::Ready(Err(self.ended(reset)));
        };
        let written = ready!(Pin::new(&mut self.stream).poll_write(cx, allowed))?;
        for byte in allowed.iter().take(written) {
            self.sent.advance(*byte);
        }
        Poll::Ready(Ok(written))
    }
}

impl AsyncRead for WireStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let read = Pin::new(&mut self.stream).poll_read(cx, buffer);
        if read.is_pending() {
            let mut control = locked(&self.wire.0);
            if let Shape::Nothing { reset } = control.shape {
                drop(control);
                return Poll::Ready(Err(self.ended(reset)));
            }
            match &mut control.reader {
                Some(waker) => waker.clone_from(cx.waker()),
                none => *none = Some(cx.waker().clone()),
            }
        }
        read
    }
}

impl AsyncWrite for WireStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &[u8]) -> Poll<io::Result<usize>> {
        let shape = locked(&self.wire.0).shape;
        match shape {
            Shape::Whole => Pin::new(&mut self.stream).poll_write(cx, buffer),
            Shape::Slow(pause) => self.poll_slow(cx, buffer, pause),
            Shape::Cut { body, reset } => self.poll_cut(cx, buffer, body, reset),
            Shape::Nothing { reset } => Poll::Ready(Err(self.ended(reset))),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_head_is_never_part_of_what_is_cut() {
        let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nabcdef";
        let head = answer.len() - 6;
        assert_eq!(Sent::default().allowance(answer, 0), head);
        assert_eq!(Sent::default().allowance(answer, 2), head + 2);
        assert_eq!(Sent::default().allowance(answer, 60), answer.len());
    }

    #[test]
    fn a_head_that_comes_in_pieces_ends_where_it_ends() {
        let mut sent = Sent::default();
        for byte in b"HTTP/1.1 200 OK\r\n\r" {
            assert_eq!(sent.advance(*byte), 0);
        }
        assert_eq!(sent.allowance(b"\nabc", 1), 2);
    }
}
