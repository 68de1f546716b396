//! The list of agents as a whole: every page, in order, and no page too many.

use super::*;

/// Agents and cursors alike: only which comes where matters.
const IDS: [Uuid; 4] = [Uuid::from_u128(1), Uuid::from_u128(2), Uuid::from_u128(3), Uuid::from_u128(4)];

fn page(agents: &[Uuid], next: Option<Uuid>) -> ResponseTemplate {
    let agents: Vec<_> = agents.iter().map(|id| json!({"id": id.to_string(), "disabled": false})).collect();
    let next = next.map(|next| next.to_string());
    status(200).set_body_string(json!({"agents": agents, "nextCursor": next}).to_string())
}

/// Walks the list that the server shows page by page, up to and including `last`: who came, how it ended, and which
/// cursors were asked for.
async fn walk(
    pages: Vec<ResponseTemplate>,
    last: Option<Uuid>,
) -> (Vec<Uuid>, Result<ListWalk, CallFailure>, Vec<Option<String>>) {
    let server = always(in_turn(pages)).await;
    let mut came = Vec::new();
    let end = client(&server)
        .all_agents(Listing::Shared, |agent| {
            came.push(agent.id.0);
            if Some(agent.id.0) == last { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })
        .await;
    let received = server.received_requests().await.unwrap();
    let asked = received.iter().map(|request| {
        assert_eq!(request.url.path(), "/agent/v1/list");
        request.url.query_pairs().find(|(name, _)| name == "cursor").map(|(_, cursor)| cursor.into_owned())
    });
    (came, end, asked.collect())
}

fn cursors(ids: &[Uuid]) -> Vec<Option<String>> {
    std::iter::once(None).chain(ids.iter().map(|id| Some(id.to_string()))).collect()
}

#[tokio::test]
async fn the_list_of_the_workspace_is_walked_likewise_by_pages_of_its_own_size() {
    let [one, two, three, _] = IDS;
    let server =
        always(in_turn(vec![page(&[one], Some(two)), page(&[three], None), status(404), status(403)])).await;
    let client = client(&server);
    let mut came = Vec::new();
    let visit = |agent: ListedAgent| {
        came.push(agent.id.0);
        ControlFlow::Continue(())
    };
    assert_eq!(client.all_agents(Listing::Workspace, visit).await, Ok(ListWalk::Whole));
    assert_eq!(came, [one, three]);
    let on = |_| ControlFlow::Continue(());
    assert_eq!(client.all_agents(Listing::Workspace, on).await, Ok(ListWalk::NoList));
    let refused = client.all_agents(Listing::Workspace, on).await.unwrap_err();
    assert_eq!(refused.to_string(), "governance: 403 Forbidden");
    let received = server.received_requests().await.unwrap();
    let asked: Vec<_> = received.iter().map(|request| format!("{}", request.url)).collect();
    let path = "/governance/v1/agents?limit=100";
    assert!(asked[0].ends_with(path) && asked[1].ends_with(&format!("{path}&cursor={two}")), "{asked:?}");
}

#[tokio::test]
async fn every_page_is_walked_in_order() {
    let [one, two, three, four] = IDS;
    let pages = vec![page(&[one, two], Some(four)), page(&[], Some(three)), page(&[three], None)];
    let (came, end, asked) = walk(pages, None).await;
    assert_eq!((came, end), (vec![one, two, three], Ok(ListWalk::Whole)));
    assert_eq!(asked, cursors(&[four, three]));
    assert_eq!(walk(vec![page(&[], None)], None).await, (vec![], Ok(ListWalk::Whole), vec![None]));
}

#[tokio::test]
async fn a_visitor_who_has_seen_enough_ends_the_walk_without_a_further_request() {
    let [one, two, three, four] = IDS;
    let pages = || vec![page(&[one, two], Some(four)), page(&[three], Some(two)), page(&[four], None)];
    let (came, end, asked) = walk(pages(), Some(one)).await;
    assert_eq!((came, end, asked), (vec![one], Ok(ListWalk::Stopped), cursors(&[])));
    let (came, end, asked) = walk(pages(), Some(three)).await;
    assert_eq!((came, end), (vec![one, two, three], Ok(ListWalk::Stopped)));
    assert_eq!(asked, cursors(&[four]));
}

#[tokio::test]
async fn a_list_that_runs_in_a_circle_makes_no_sense() {
    let [one, two, three, four] = IDS;
    let pages = vec![page(&[one], Some(three)), page(&[two], Some(four)), page(&[one], Some(three))];
    let (came, end, asked) = walk(pages, None).await;
    let failure = end.unwrap_err();
    assert_eq!(
        failure.to_string(),
        format!("list: 200 answer makes no sense: the list runs in a circle: cursor {three} came before")
    );
    assert_eq!(came, [one, two, one]);
    assert_eq!(asked, cursors(&[three, four]));

    let (_, end, asked) = walk(vec![page(&[one], Some(three))], None).await;
    assert_eq!(end.unwrap_err().kind, FailureKind::Nonsense { status: 200 });
    assert_eq!(asked, cursors(&[three]));
}

#[tokio::test]
async fn a_missing_first_page_is_no_list_and_a_missing_later_one_makes_no_sense() {
    let [one, _, three, _] = IDS;
    let missing = || [status(404), status(404).set_body_raw("<html></html>", "text/html")];
    for answer in missing() {
        assert_eq!(walk(vec![answer], None).await, (vec![], Ok(ListWalk::NoList), vec![None]));
    }
    for answer in missing() {
        let (came, end, asked) = walk(vec![page(&[one], Some(three)), answer], None).await;
        let failure = end.unwrap_err();
        assert_eq!(
            failure.to_string(),
            format!(
                "list: 404 answer makes no sense: the list ends in its middle: no page at cursor {three}"
            )
        );
        assert_eq!((came, asked), (vec![one], cursors(&[three])));
    }
}

#[tokio::test]
async fn trouble_on_any_page_ends_the_walk() {
    let [one, _, three, _] = IDS;
    let (_, end, _) = walk(vec![status(403)], None).await;
    assert_eq!(end.unwrap_err().to_string(), "list: 403 Forbidden");
    let (came, end, _) = walk(vec![page(&[one], Some(three)), status(500)], None).await;
    assert_eq!(
        (came, end.unwrap_err().to_string()),
        (vec![one], "list: 500 Internal Server Error (3 tries)".into())
    );
    let pages = vec![page(&[one], Some(three)), status(503), page(&[three], None)];
    let (came, end, _) = walk(pages, None).await;
    assert_eq!((came, end), (vec![one, three], Ok(ListWalk::Whole)));
}
