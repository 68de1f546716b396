//! Trouble when agents are written: answers that are lost, before and after the effect, and creates that fail.

use serde_json::json;

use super::*;
use crate::practice::options::{LostAnswer, Times, WriteTrouble};

const BODY: &str = r#"{"name":"New","model":"gpt-5"}"#;

/// What a call has done so far, and what it answered: `None` is nothing.
async fn outcome(sandbox: &Sandbox, call: &str) -> (Option<u16>, bool) {
    let before = effects(sandbox);
    let body = match call {
        "create" => serde_json::from_str(BODY).expect("JSON"),
        "update" => json!({"agentId": MADE_UP, "name": format!("Written {}", sandbox.requests())}),
        _ => json!({ "agentId": MADE_UP }),
    };
    let answered = writing(sandbox, call, &body).timeout(Duration::from_millis(500)).send().await;
    (answered.ok().map(|answer| answer.status().as_u16()), effects(sandbox) != before)
}

/// Drafts, versions and agents there are.
fn effects(sandbox: &Sandbox) -> (usize, Option<crate::practice::Agent>) {
    (sandbox.agents().len(), sandbox.agent(id(MADE_UP)))
}

const ALL_TROUBLES: WriteTrouble =
    WriteTrouble { failed: Times::First(1), dropped: Times::First(1), lost: Times::First(1) };

#[tokio::test]
async fn each_call_fails_then_is_dropped_then_loses_its_answer_then_works() {
    for (call, answer) in [("publish", 200), ("create", 201)] {
        let sandbox = sandbox(|options| {
            options.publish = ALL_TROUBLES;
            options.create = ALL_TROUBLES;
        })
        .await;
        for expected in [(Some(500), false), (None, false), (None, true), (Some(answer), true)] {
            let name = format!("Draft {}", sandbox.requests());
            assert_eq!(write(&sandbox, "update", &json!({"agentId": MADE_UP, "name": name})).await.0, 200);
            assert_eq!(outcome(&sandbox, call).await, expected, "{call}");
        }
    }
}

#[tokio::test]
async fn an_update_that_fails_or_is_dropped_leaves_nothing_to_publish_and_a_lost_one_does() {
    let sandbox = sandbox(|options| {
        options.update = ALL_TROUBLES;
        options.lost_answer = LostAnswer::Silent;
    })
    .await;
    // Where it fails or is dropped, the made-up agent is made, and holds nothing new.
    for (answer, name) in
        [(Some(500), None), (None, None), (None, Some("Written 2")), (Some(200), Some("Written 3"))]
    {
        assert_eq!(outcome(&sandbox, "update").await.0, answer);
        let draft = sandbox.agent(id(MADE_UP)).expect("it is there");
        let written = draft.published() != Some(&draft.draft);
        assert_eq!(written, name.is_some());
        if let Some(name) = name {
            assert_eq!(draft.draft.fields["name"], name);
        }
    }
    assert_eq!(outcome(&sandbox, "publish").await, (Some(200), true));
    let unanswered = sandbox.writes().iter().filter(|write| write.status.is_none()).count();
    assert_eq!(unanswered, 2);
}

#[tokio::test]
async fn what_is_refused_is_not_counted_among_the_requests_in_trouble() {
    let lost = WriteTrouble { lost: Times::First(1), ..WriteTrouble::default() };
    let sandbox = sandbox(|options| {
        options.publish = lost;
        options.create = lost;
    })
    .await;
    assert_eq!(write(&sandbox, "update", &json!({"agentId": MADE_UP, "canvas": true})).await.0, 200);
    assert_eq!(write(&sandbox, "create", &json!({"name": "New"})).await.0, 500);
    assert_eq!(outcome(&sandbox, "create").await, (None, true));
    let other = "b78712db-e25a-4499-9de7-9dada79a342c";
    assert_eq!(write(&sandbox, "publish", &json!({ "agentId": other })).await.0, 403);
    assert_eq!(outcome(&sandbox, "publish").await, (None, true));
    // The lost one was applied: whoever sends it again is told so.
    assert_eq!(outcome(&sandbox, "publish").await, (Some(409), false));
}

#[tokio::test]
async fn somebody_else_may_publish_the_draft_first() {
    let sandbox = sandbox(|options| options.published_meanwhile = Times::First(1)).await;
    write(&sandbox, "update", &json!({"agentId": MADE_UP, "name": "Ours"})).await;
    let (code, said) = write(&sandbox, "publish", &json!({ "agentId": MADE_UP })).await;
    assert_eq!((code, said), (409, json!({"message": "There are no draft changes to publish"})));
    let shown = json(get(&sandbox, &format!("/agent/v1/get?agentId={MADE_UP}"))).await;
    assert_eq!(shown["agent"]["name"], "Ours");
}

#[tokio::test]
async fn a_flaky_create_is_a_404_and_leaves_a_draft_behind_or_none() {
    let sandbox = sandbox(|options| options.flaky_creates = Times::First(2)).await;
    let before = sandbox.agents();
    assert_eq!(outcome(&sandbox, "create").await, (Some(404), true));
    let left: Vec<Uuid> = sandbox.agents().difference(&before).copied().collect();
    let agent = sandbox.agent(left[0]).expect("it is there");
    assert_eq!((left.len(), agent.versions.len(), &agent.draft.fields["name"]), (1, 0, &json!("New")));
    assert_eq!(listed(&sandbox, &left[0].to_string()).await, Some(false));
    sandbox.change(|options| options.flaky_creates_leave_nothing = true);
    assert_eq!(outcome(&sandbox, "create").await, (Some(404), false));
    assert_eq!(outcome(&sandbox, "create").await, (Some(201), true));
}

#[tokio::test]
async fn shares_of_the_new_trouble_are_held_to_0_and_1() {
    let bad = WriteTrouble { dropped: Times::Share(1.5), ..WriteTrouble::default() };
    for (name, options) in [
        ("update", SandboxOptions { update: bad, ..SandboxOptions::default() }),
        ("publish", SandboxOptions { publish: bad, ..SandboxOptions::default() }),
        ("create", SandboxOptions { create: bad, ..SandboxOptions::default() }),
        ("flaky_creates", SandboxOptions { flaky_creates: Times::Share(-0.1), ..SandboxOptions::default() }),
        (
            "published_meanwhile",
            SandboxOptions { published_meanwhile: Times::Share(2.0), ..SandboxOptions::default() },
        ),
    ] {
        let error = start(options).await.expect_err("a share that is none");
        assert!(error.to_string().starts_with(name), "{error}");
    }
}

#[tokio::test]
async fn of_a_share_of_creates_some_are_lost_and_none_is_applied_twice() {
    let sandbox = sandbox(|options| {
        options.create = WriteTrouble { lost: Times::Share(0.5), ..WriteTrouble::default() };
    })
    .await;
    let before = sandbox.agents().len();
    let mut answered = 0;
    for _ in 0..20 {
        let (code, applied) = outcome(&sandbox, "create").await;
        assert!(applied);
        answered += usize::from(code == Some(201));
    }
    assert_eq!(sandbox.agents().len(), before + 20);
    assert!((1..20).contains(&answered), "{answered}");
}
