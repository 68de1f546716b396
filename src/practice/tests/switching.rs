//! What a run meets when it switches assistants off and looks at their agents.

use std::collections::BTreeSet;

use super::*;
use crate::practice::options::{AgentList, LostAnswer, Times};

/// In the workspace file, with an agent of the same id.
const OFF_AT_START: &str = "50f516ac-f120-4d3b-9724-03285b8961a4";
/// In the workspace file, without an agent.
const AGENTLESS: &str = "67ca2f88-b145-4cfe-b3db-e748a7765aa8";
/// In the workspace file: an assistant, and the agent of another id that it became.
const MOVED: (&str, &str) = ("1d396004-79dd-4671-b4e1-0c1d2ed0602e", "ba2701aa-b6fa-4cfc-802e-1d3ae3fd53a3");

const LIST: &str = "/agent/v1/list?limit=250";

async fn switch(sandbox: &Sandbox, side: &str, id: &str, disabled: bool) -> u16 {
    status(disable(sandbox, side, id, disabled)).await.as_u16()
}

fn made_up(at: u128) -> String {
    Uuid::from_u128(at).to_string()
}

/// Every agent of the list, page by page, and the number of pages.
async fn pages(sandbox: &Sandbox, limit: usize) -> (Vec<Value>, usize) {
    let (mut cursor, mut agents, mut pages) = (String::new(), Vec::new(), 0);
    loop {
        let page = json(get(sandbox, &format!("/agent/v1/list?limit={limit}{cursor}"))).await;
        agents.extend(page["agents"].as_array().expect("a list").iter().cloned());
        pages += 1;
        match page["nextCursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return (agents, pages),
        }
    }
}

#[tokio::test]
async fn what_cannot_be_seen_cannot_be_switched() {
    let sandbox = sandbox(|options| options.one_record = true).await;
    let before = (sandbox.disabled_assistants(), sandbox.disabled_agents());
    for (side, id, code) in [
        ("assistant", "4f82042d-ffc0-40e8-92ed-bc27478711bc", 403),
        ("agent", "05ddb676-bf62-4dc8-a147-cd0524b1c609", 403),
        ("assistant", "275befd7-7a9b-40d8-ab46-a731c99be237", 404),
        ("agent", AGENTLESS, 404),
        ("agent", MOVED.0, 404),
        ("assistant", MOVED.1, 404),
    ] {
        for disabled in [true, false] {
            assert_eq!(switch(&sandbox, side, id, disabled).await, code, "{side} {id}");
        }
    }
    assert_eq!((sandbox.disabled_assistants(), sandbox.disabled_agents()), before);
    assert_eq!(switch(&sandbox, "assistant", MADE_UP, true).await, 200);
    sandbox.change(|options| options.no_made_up = true);
    assert_eq!(switch(&sandbox, "assistant", MADE_UP, false).await, 404);
}

#[tokio::test]
async fn of_one_record_an_id_is_off_only_where_it_stands_for_something() {
    let sandbox = sandbox(|options| {
        options.one_record = true;
        options.disabled = vec![id(MOVED.1)];
    })
    .await;
    assert!(sandbox.disabled_agents().contains(&id(OFF_AT_START)));
    assert!(!sandbox.disabled_assistants().contains(&id(MOVED.1)), "it is no assistant");
    for assistant in [AGENTLESS, MOVED.0] {
        assert_eq!(switch(&sandbox, "assistant", assistant, true).await, 200);
        assert!(sandbox.disabled_assistants().contains(&id(assistant)));
        assert!(!sandbox.disabled_agents().contains(&id(assistant)), "{assistant} has no agent of its id");
    }
    assert_eq!(switch(&sandbox, "agent", MOVED.1, false).await, 200);
    assert_eq!(listed(&sandbox, MOVED.1).await, Some(false));
    assert!(sandbox.disabled_assistants().contains(&id(MOVED.0)));
}

#[tokio::test]
async fn after_the_end_of_the_assistants_api_the_agents_call_still_switches_one_record() {
    let sandbox = sandbox(|options| options.one_record = true).await;
    assert_eq!(switch(&sandbox, "assistant", MADE_UP, true).await, 200);
    sandbox.change(|options| options.gone_after = Some(0));
    assert_eq!(switch(&sandbox, "assistant", MADE_UP, false).await, 410);
    assert_eq!(listed(&sandbox, MADE_UP).await, Some(true));
    assert_eq!(switch(&sandbox, "agent", MADE_UP, false).await, 200);
    assert!(!sandbox.disabled_assistants().contains(&id(MADE_UP)));
    assert!(!sandbox.disabled_agents().contains(&id(MADE_UP)));
    assert_eq!(listed(&sandbox, MADE_UP).await, Some(false));
}

#[tokio::test]
async fn of_two_records_the_agents_call_leaves_the_assistant_off() {
    let sandbox = sandbox(|options| options.gone_after = Some(1)).await;
    assert_eq!(switch(&sandbox, "assistant", MADE_UP, true).await, 200);
    assert_eq!(switch(&sandbox, "agent", MADE_UP, false).await, 200);
    assert!(sandbox.disabled_assistants().contains(&id(MADE_UP)));
}

#[tokio::test]
async fn a_key_that_may_not_switch_still_reads_and_lists() {
    let sandbox = sandbox(|options| options.disable_forbidden = true).await;
    for side in ["assistant", "agent"] {
        for disabled in [true, false] {
            assert_eq!(switch(&sandbox, side, OFF_AT_START, disabled).await, 403);
        }
        assert_eq!(status(get(&sandbox, &format!("/{side}/v1/get?{side}Id={OFF_AT_START}"))).await, 200);
    }
    assert!(sandbox.disabled_assistants().contains(&id(OFF_AT_START)));
    assert_eq!(listed(&sandbox, OFF_AT_START).await, Some(false));
}

#[tokio::test]
async fn disabling_fails_as_often_as_asked_changes_nothing_and_then_works() {
    let sandbox = sandbox(|options| options.disable.failed = Times::First(2)).await;
    assert_eq!(switch(&sandbox, "assistant", &made_up(1), true).await, 500);
    assert_eq!(switch(&sandbox, "assistant", &made_up(2), false).await, 200, "enabling is not meant");
    assert_eq!(switch(&sandbox, "assistant", &made_up(2), true).await, 500);
    assert!(sandbox.disabled_assistants().is_disjoint(&BTreeSet::from([1, 2].map(Uuid::from_u128))));
    assert_eq!(switch(&sandbox, "assistant", &made_up(1), true).await, 200);
    assert!(sandbox.disabled_assistants().contains(&Uuid::from_u128(1)));
}

#[tokio::test]
async fn an_answer_is_lost_after_those_that_failed_and_again_when_it_is_asked_for_again() {
    let sandbox = sandbox(|options| {
        options.disable.failed = Times::First(1);
        options.disable.lost = Times::First(2);
        options.lost_answer = LostAnswer::Closed;
    })
    .await;
    assert_eq!(switch(&sandbox, "assistant", MADE_UP, true).await, 500);
    assert!(!sandbox.disabled_assistants().contains(&id(MADE_UP)));
    for _ in 0..2 {
        assert!(disable(&sandbox, "assistant", MADE_UP, true).send().await.is_err());
        assert!(sandbox.disabled_assistants().contains(&id(MADE_UP)));
    }
    assert_eq!(switch(&sandbox, "assistant", MADE_UP, true).await, 200);
    let log: Vec<_> = sandbox.log().iter().map(|entry| (entry.disabled, entry.status)).collect();
    let off = Some(true);
    assert_eq!(log, [(off, Some(500)), (off, None), (off, None), (off, Some(200))]);
}

#[tokio::test]
async fn one_that_may_not_be_disabled_is_refused_alone() {
    let refused = [1, 2, 3].map(Uuid::from_u128);
    let sandbox = sandbox(|options| options.refuse_disables = refused.to_vec()).await;
    for at in [1, 2, 3] {
        assert_eq!(switch(&sandbox, "assistant", &made_up(at), true).await, 403);
        let path = format!("/assistant/v1/get?assistantId={}", made_up(at));
        assert_eq!(status(get(&sandbox, &path)).await, 200);
        assert_eq!(switch(&sandbox, "assistant", &made_up(at), false).await, 200);
    }
    assert_eq!(switch(&sandbox, "assistant", &made_up(4), true).await, 200);
    let off = sandbox.disabled_assistants();
    assert!(off.contains(&Uuid::from_u128(4)) && refused.iter().all(|id| !off.contains(id)));

    // As refusals come in every shape, only some of them have words.
    sandbox.change(|options| options.refuse_disables = (0..20).map(Uuid::from_u128).collect());
    let mut said = 0;
    for at in 0..20 {
        let (_, body) = answer(disable(&sandbox, "assistant", &made_up(at), true)).await;
        said += usize::from(body.contains("API key does not have access to this assistant"));
    }
    assert!(said > 10, "{said}");
}

#[tokio::test]
async fn the_list_does_not_show_what_is_unlisted_nor_makes_a_page_short_of_it() {
    let sandbox = sandbox(|options| options.unlisted = vec![id(MADE_UP), id(OFF_AT_START)]).await;
    for at in [MADE_UP, &made_up(1), &made_up(2)] {
        assert_eq!(status(get(&sandbox, &format!("/agent/v1/get?agentId={at}"))).await, 200);
    }
    assert_eq!(listed(&sandbox, MADE_UP).await, None);
    assert_eq!(listed(&sandbox, OFF_AT_START).await, None);
    let (agents, count) = pages(&sandbox, 10).await;
    // 28 of the file's are shared; one of them is not listed, two made-up ones are.
    assert_eq!((agents.len(), count), (29, 3));
}

#[tokio::test]
async fn an_entry_without_its_field_says_nothing_about_being_off() {
    let sandbox = sandbox(|options| {
        options.one_record = true;
        options.list_without_disabled = true;
    })
    .await;
    let (agents, _) = pages(&sandbox, 250).await;
    assert!(agents.iter().any(|agent| agent["id"] == OFF_AT_START));
    assert!(agents.iter().all(|agent| agent.get("disabled").is_none() && agent["name"].is_string()));
    sandbox.change(|options| options.list_without_disabled = false);
    assert_eq!(listed(&sandbox, OFF_AT_START).await, Some(true));
}

#[tokio::test]
async fn the_list_fails_from_the_request_on_that_was_asked_for_and_nothing_else_does() {
    let sandbox = sandbox(|options| options.list_fails_after = Some(2)).await;
    for code in [200, 200, 500, 500] {
        assert_eq!(status(get(&sandbox, LIST)).await, code);
        assert_eq!(status(get(&sandbox, "/agent/v1/models")).await, 200);
    }
    sandbox.change(|options| options.list_fails_after = None);
    assert_eq!(status(get(&sandbox, LIST)).await, 200);
}

#[tokio::test]
async fn few_agents_make_many_pages_where_pages_are_small() {
    let sandbox = sandbox(|options| options.page_limit = Some(5)).await;
    let (agents, count) = pages(&sandbox, 250).await;
    assert_eq!((agents.len(), count), (28, 6));
    let ids: BTreeSet<_> = agents.iter().filter_map(|agent| agent["id"].as_str()).collect();
    assert_eq!(ids.len(), 28);
    // A smaller limit still counts, and no limit makes pages that hold nothing.
    assert_eq!(pages(&sandbox, 3).await.1, 10);
    sandbox.change(|options| options.page_limit = Some(0));
    assert_eq!(pages(&sandbox, 250).await.1, 28);
}

#[tokio::test]
async fn a_lagging_list_still_shows_as_off_what_is_on_again() {
    let sandbox = sandbox(|options| {
        options.one_record = true;
        options.list = AgentList::Lagging(Duration::from_secs(30));
    })
    .await;
    assert_eq!(switch(&sandbox, "assistant", OFF_AT_START, false).await, 200);
    assert!(!sandbox.disabled_agents().contains(&id(OFF_AT_START)));
    assert_eq!(listed(&sandbox, OFF_AT_START).await, Some(true));
    sandbox.change(|options| options.list = AgentList::Present);
    assert_eq!(listed(&sandbox, OFF_AT_START).await, Some(false));
}
