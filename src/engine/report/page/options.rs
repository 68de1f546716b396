//! What a page is told beside its rows: its language, by when, whom to ask, where the web app is.

use jiff::civil::Date;
use uuid::Uuid;

use crate::base::{Lang, ReportRow};

/// How pages are to be written. Nothing of it is kept in a ledger.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PageOptions {
    /// In which language; of the remedies of a table, too.
    pub lang: Lang,
    /// By when people are to act.
    pub deadline: Option<Date>,
    /// Whom they may ask: a name, or a mail address.
    pub contact: Option<String>,
    /// Where the web app shows an assistant.
    pub app_link: Option<AppLink>,
}

/// An address of the web app with a place for an id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppLink(String);

impl AppLink {
    const PLACE: &str = "{id}";

    /// Takes an address of the web with a place for the id; a sentence about what is missing otherwise.
    pub fn parse(text: &str) -> Result<Self, String> {
        if !is_web_address(text) {
            return Err("give a whole address, beginning with https://".to_owned());
        }
        if !text.contains(Self::PLACE) {
            return Err(format!("put {} where the id of an assistant goes", Self::PLACE));
        }
        Ok(Self(text.to_owned()))
    }
}

/// The address under which the web app shows what has that id: of the form asked for, or as the cell of the input has it.
pub(crate) fn address(options: &PageOptions, row: &ReportRow, id: Option<Uuid>) -> Option<String> {
    let id = id?;
    if let Some(link) = &options.app_link {
        return Some(link.0.replace(AppLink::PLACE, &id.to_string()));
    }
    let cell = row.input.trim();
    let own = row.pair.map(|pair| pair.assistant.to_string())?;
    let at = cell.to_ascii_lowercase().find(&own)?;
    let (before, after) = (cell.get(..at)?, cell.get(at + own.len()..)?);
    is_web_address(cell).then(|| format!("{before}{id}{after}"))
}

fn is_web_address(text: &str) -> bool {
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    host.is_some_and(|host| !host.is_empty() && !text.chars().any(|c| c.is_whitespace() || c.is_control()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::report::samples::verified;

    #[test]
    fn a_row_leads_to_the_web_app_as_told_or_as_its_cell_does() {
        let row = |input: &str| ReportRow { input: input.to_owned(), ..verified() };
        let pair = verified().pair.unwrap();
        let (own, agent) = (pair.assistant.0, pair.agent.0);
        let plain = PageOptions::default();
        assert_eq!(address(&plain, &row(&own.to_string()), Some(agent)), None);
        let cell = format!("https://app.example/assistants/{}/edit", own.to_string().to_uppercase());
        assert_eq!(
            address(&plain, &row(&cell), Some(agent)),
            Some(format!("https://app.example/assistants/{agent}/edit"))
        );
        assert_eq!(address(&plain, &row(&format!("javascript:x('{own}')")), Some(own)), None);
        let app_link = AppLink::parse("https://app.example/agents/{id}").ok();
        let told = PageOptions { app_link, ..plain };
        assert_eq!(
            address(&told, &row(&cell), Some(agent)),
            Some(format!("https://app.example/agents/{agent}"))
        );
        assert_eq!(address(&told, &row("nobody"), None), None);
        for text in
            ["app.example/{id}", "https://app.example/", "javascript:{id}", "https:// /{id}", "https://"]
        {
            assert!(AppLink::parse(text).is_err(), "{text}");
        }
    }
}
