//! What a person can type: clap structs, and the settings made of them.
