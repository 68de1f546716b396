//! What stands in the body of an answer: objects, an error in the platform's words, or a web page in place of both.

pub(super) mod answers;
pub(super) mod error_body;
pub(super) mod page;
