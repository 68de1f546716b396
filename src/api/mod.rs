//! The platform over HTTP: endpoint, key, one function per call, pace, retry, error bodies.
