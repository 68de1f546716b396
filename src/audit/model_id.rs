//! Whether two ids name one model: the platform spells it otherwise from call to call (PLATFORM.md, Models).

use super::row::KnownModel;

/// The id that stands for whatever model suits a question.
const AUTO: &str = "auto";

/// What stands in front of a model: where it runs, and who makes or serves it.
const PREFIXES: &str = "eu us us-gov ap apac au ca de jp sa uk global \
    ai21 alibaba amazon anthropic aws azure azure_ai azure-openai bedrock cohere deepseek gemini google groq meta meta-llama \
    mistral mistralai models moonshot moonshotai openai openrouter perplexity publishers qwen vertex vertex_ai x-ai xai";

/// The models of the key that this id may mean; none where the key does not have it. One that is spelled so is meant alone.
pub(super) fn meant<'a>(models: &'a [KnownModel], id: &str) -> Vec<&'a KnownModel> {
    if let Some(model) = models.iter().find(|model| model.id == id) {
        return vec![model];
    }
    let id = bare(id);
    models.iter().filter(|model| bare(&model.id) == id).collect()
}

/// Whether the id stands for whatever model suits a question: then none is missing.
pub(super) fn is_auto(id: &str) -> bool {
    bare(id) == AUTO
}

/// The model itself, in lower case: without region and vendor, version of the provider, date, and what stands behind `@`.
fn bare(id: &str) -> String {
    let lower = id.trim().to_lowercase();
    let mut bare = lower.as_str();
    while let Some(rest) = without_prefix(bare).or_else(|| without_suffix(bare)) {
        bare = rest;
    }
    bare.to_owned()
}

/// `eu.anthropic.…`, `openai/…`: less one of them.
fn without_prefix(id: &str) -> Option<&str> {
    let (prefix, rest) = id.split_once(['.', '/', ':'])?;
    (PREFIXES.split(' ').any(|known| known == prefix) && !rest.is_empty()).then_some(rest)
}

/// `…@default`, `…-v1:0`, `…-20250219`, `…-2024-08-06`: less one of them.
fn without_suffix(id: &str) -> Option<&str> {
    let at = id.split_once('@').map(|(model, _)| model);
    let found = at.or_else(|| without_version(id)).or_else(|| without_date(id));
    found.filter(|model| !model.is_empty())
}

fn without_version(id: &str) -> Option<&str> {
    let (model, version) = id.rsplit_once("-v")?;
    let (major, minor) = version.split_once(':')?;
    (is_number(major) && minor.starts_with(|first: char| first.is_ascii_digit())).then_some(model)
}

fn without_date(id: &str) -> Option<&str> {
    let split = |length: usize| id.split_at_checked(id.len().checked_sub(length)?);
    let in_one = split("-20250219".len()).filter(|(_, date)| {
        date.strip_prefix('-').is_some_and(|day| day.starts_with("20") && is_number(day))
    });
    let in_parts = || {
        split("-2024-08-06".len()).filter(|(_, date)| {
            let parts: Vec<&str> = date.split('-').collect();
            matches!(parts[..], ["", year, month, day] if year.starts_with("20") && year.len() == 4
                && month.len() == 2 && [year, month, day].into_iter().all(is_number))
        })
    };
    in_one.or_else(in_parts).map(|(model, _)| model)
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn spellings_of_one_model_are_one() {
        let sonnet = "claude-3-7-sonnet";
        for (id, model) in [
            ("gpt-5", "gpt-5"),
            (" GPT-5 ", "gpt-5"),
            ("openai/gpt-5", "gpt-5"),
            ("azure/eu/gpt-5", "gpt-5"),
            ("openai:gpt-5", "gpt-5"),
            ("gpt-5@default", "gpt-5"),
            ("gpt-4o-2024-08-06", "gpt-4o"),
            ("eu.anthropic.claude-3-7-sonnet-20250219-v1:0", sonnet),
            ("us.anthropic.claude-3-7-sonnet-20250219-v1:0:200k", sonnet),
            ("anthropic.claude-3-7-sonnet-20250219-v1:0", sonnet),
            ("anthropic/claude-3-7-sonnet", sonnet),
            ("claude-3-7-sonnet@20250219", sonnet),
            ("claude-3-7-sonnet-20250219", sonnet),
            ("publishers/anthropic/models/claude-3-7-sonnet@20250219", sonnet),
            ("us.meta.llama3-3-70b-instruct-v1:0", "llama3-3-70b-instruct"),
            ("mistral.mistral-large-2402-v1:0", "mistral-large-2402"),
        ] {
            assert_eq!(bare(id), model, "{id}");
        }
    }

    #[test]
    fn what_tells_two_models_apart_stays() {
        for id in [
            "gpt-4.1",
            "gpt-4-0613",
            "gpt-4-1106-preview",
            "gemini-2.5-pro",
            "deepseek-v3",
            "deepseek-v3.1",
            "mistral-large-2411",
            "claude-sonnet-4-5",
            "model-12345678",
            "20250219",
            "@default",
            "eu.",
            "-2024-08-06",
            "ä-2024-08-0",
            "",
            "6f2d40bb-91c7-4e0a-8d35-27a1c6e49f18",
        ] {
            assert_eq!(bare(id), id);
        }
    }

    #[test]
    fn a_model_that_is_spelled_as_it_stands_is_meant_alone() {
        let model = |id: &str| KnownModel { id: id.to_owned(), extended_thinking: None };
        let models = [model("gpt-4o-2024-05-13"), model("gpt-4o-2024-08-06"), model("gpt-5")];
        let meant = |id| meant(&models, id).into_iter().map(|model| model.id.as_str()).collect::<Vec<_>>();
        assert_eq!(meant("gpt-4o-2024-08-06"), ["gpt-4o-2024-08-06"]);
        assert_eq!(meant("gpt-4o"), ["gpt-4o-2024-05-13", "gpt-4o-2024-08-06"]);
        assert_eq!(meant("openai/gpt-5@default"), ["gpt-5"]);
        assert_eq!(meant("gpt-6"), [""; 0]);
        assert_eq!(["auto", "Auto@default", "automatic"].map(is_auto), [true, true, false]);
    }

    proptest! {
        #[test]
        fn any_id_has_one_bare_form(id in r"(eu|us|anthropic|openai|gpt|-v|ä|[.:/@-]|20250219|2024-08-06|[a-z0-9]){0,9}") {
            let once = bare(&id);
            prop_assert_eq!(bare(&once), once.clone());
            prop_assert!(!once.is_empty() || id.is_empty());
        }
    }
}
