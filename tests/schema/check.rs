//! Holds a line of JSON against a published schema, formats too. Tests of the crate and from outside include it.

use boon::{Compiler, SchemaIndex, Schemas};
use serde_json::Value;

/// A schema, ready to judge.
pub(crate) struct Schema {
    schemas: Schemas,
    index: SchemaIndex,
}

impl Schema {
    /// Panics where the text is no schema.
    pub(crate) fn new(text: &str) -> Self {
        let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
        compiler.enable_format_assertions();
        compiler.add_resource("schema.json", serde_json::from_str(text).unwrap()).unwrap();
        let index = compiler.compile("schema.json", &mut schemas).unwrap();
        Self { schemas, index }
    }

    /// What is wrong with the line, if anything.
    pub(crate) fn judge(&self, line: &Value) -> Result<(), String> {
        self.schemas.validate(line, self.index).map_err(|error| format!("{error}\nin {line}"))
    }

    /// Panics where something is wrong with one of them.
    #[track_caller]
    pub(crate) fn holds(&self, lines: &[Value]) {
        for line in lines {
            self.judge(line).unwrap();
        }
    }
}
