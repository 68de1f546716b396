//! Answers that are not the platform's: redirects to another host, a proxy that wants credentials, a certificate that
//! nobody trusts.

use std::sync::{Arc, Mutex};

use crate::faults::answers::Shape;
use crate::faults::cases::try_all;
use crate::faults::reading::{
    ALWAYS, Comes, READS, Reading, calm, case, check, each_read_at_each_place, error, goes_on, report,
};
use crate::faults::workspace::{Answer, Call, Place, ROWS, Scene, Workspace};
use crate::support::extent::{Extent, sampled};
use crate::support::raw_server::{Manners, RawServer, Request, Step, authority, whole};
use crate::support::{Ran, Report};

/// Keeps what it is asked, and answers everybody alike.
struct Witness {
    heads: Mutex<Vec<String>>,
    status: u16,
}

impl Witness {
    fn answering(status: u16) -> Arc<Self> {
        Arc::new(Self { heads: Mutex::default(), status })
    }
}

impl Manners for Witness {
    fn answer(&self, request: &Request) -> Vec<Step> {
        self.heads.lock().unwrap().push(request.head.clone());
        let mut steps = whole(self.status, &[("proxy-authenticate", "Basic realm=\"proxy\"")], b"");
        steps.push(Step::Close);
        steps
    }
}

fn no_redirect_is_followed_and_no_other_host_is_asked(extent: Extent) {
    let elsewhere = RawServer::start(Witness::answering(200));
    let address = format!("http://127.0.0.1:{}/assistant/v1/get", elsewhere.port);
    let mut cases = Vec::new();
    for (status, location) in [
        (301, Some(address.clone())),
        (302, Some(address.replace("127.0.0.1", "localhost"))),
        (303, Some(address.clone())),
        (307, Some(address.clone())),
        (308, Some(address.clone())),
        (302, Some("/login".to_owned())),
        (300, None),
        (304, None),
    ] {
        for (call, place) in each_read_at_each_place() {
            let to = location.clone();
            let answer: Answer = Arc::new(move |_| {
                let header = to.as_deref().map(|to| ("location", to));
                whole(status, header.as_slice(), b"")
            });
            let words = error(call, &status.to_string(), location.as_deref().unwrap_or_default());
            let comes = Comes::of("failed", words, "/api/public", 5);
            cases.push(case(&format!("{status} to {location:?}"), (call, place), answer, ALWAYS, comes));
        }
    }
    try_all(&extent.of(cases), Reading::check);
    assert_eq!(elsewhere.connections(), 0, "the other host was asked");
}

/// A name that leads nowhere but through the proxy.
const FAR_AWAY: &str = "platform.invalid";

impl Scene {
    /// The same workspace, which is now far away and reached through its own server as a proxy.
    fn through_proxy(mut self, scheme: &str) -> Self {
        let proxy = format!("http://127.0.0.1:{}", self.server.port);
        self.url = format!("{scheme}://{FAR_AWAY}");
        self.environment = ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy"]
            .map(|name| (name, proxy.clone()))
            .into();
        self
    }
}

fn a_proxy_that_wants_credentials_fails_its_row_and_says_so(extent: Extent) {
    let mut cases = Vec::new();
    for ((call, place), shape) in each_read_at_each_place().zip(Shape::ALL.into_iter().rev()) {
        let comes = Comes::of("failed", error(call, "407", ""), "proxy", 3);
        let answer = shape.answer(407, &[("proxy-authenticate", "Basic")]);
        cases.push(case(&format!("407 as {shape:?}"), (call, place), answer, ALWAYS, comes));
    }
    try_all(&extent.of(cases), |reading| {
        let scene = Scene::of(reading.workspace()).through_proxy("http");
        check(&scene, reading.place.row(), &reading.comes, &["--allow-http"]);
    });
}

/// Every row came to the same, and nothing was asked of the platform.
fn all_failed(report: &Report, begins: &str, remedy: &str) {
    assert_eq!(report.column("status"), ["failed"; ROWS]);
    for line in &report.rows {
        assert!(line["error"].starts_with(begins) && line["remedy"].contains(remedy), "{line:?}");
    }
}

#[test]
fn a_proxy_that_opens_no_tunnel_sees_no_key() {
    for (status, begins, remedy) in [
        (407, "assistant: 407", "proxy"),
        (403, "assistant: connection", "proxy"),
        (502, "assistant: connection", "proxy"),
    ] {
        let witness = Witness::answering(status);
        let proxy = RawServer::start(Arc::clone(&witness) as Arc<dyn Manners>);
        let mut scene = Scene::of(Workspace::new(Vec::new()));
        scene.server = proxy;
        let scene = scene.through_proxy("https");
        scene.run(&[]).exits_with(4);
        all_failed(&report(&scene), begins, remedy);
        let heads = witness.heads.lock().unwrap();
        assert_eq!(heads.len(), ROWS, "{heads:?}");
        let is_tunnel = |head: &String| head.starts_with(&format!("CONNECT {FAR_AWAY}:443 "));
        assert!(
            heads.iter().all(|head| is_tunnel(head) && !head.to_lowercase().contains("bearer")),
            "{heads:?}"
        );
    }
}

#[test]
fn a_certificate_that_nobody_trusts_is_refused_and_then_taken_with_its_authority() {
    let scene = Scene::behind_tls(Workspace::new(Vec::new()));
    scene.run(&[]).exits_with(4);
    let before = report(&scene);
    all_failed(&before, "assistant: connection", "--ca-cert");
    assert_eq!(scene.workspace.asked(), [], "a request reached a server that is not trusted");
    let authority = authority();
    goes_on(&scene, &before, &["--ca-cert", authority.to_str().unwrap()]);

    // `doctor` sees it, too.
    let mut doctor = scene.desk.program();
    doctor.args(["doctor", "--base-url", &scene.url]);
    let ran = calm(&scene.desk, Ran::of(&mut doctor)).exits_with(5);
    assert!(ran.stdout.contains("--ca-cert"), "{}", ran.stdout);
}

#[test]
fn faults_behind_tls_are_the_same_faults() {
    let authority = authority();
    let arguments = ["--ca-cert", authority.to_str().unwrap()];
    let mut cases = Vec::new();
    for (call, place) in READS.into_iter().zip([Place::Middle, Place::Last]) {
        let row = if call == Call::Assistant { "assistant_not_found" } else { "agent_not_found" };
        let gone = Comes::of(row, error(call, "404", Shape::Errors.words()), "hare", 3);
        cases.push(case("404", (call, place), Shape::Errors.answer(404, &[]), ALWAYS, gone));
        let cut: Answer = Arc::new(|_| vec![Step::Reset]);
        let broken = Comes::of("failed", error(call, "connection", ""), "Check network", 3);
        cases.push(case("cut", (call, place), cut, ALWAYS, broken));
    }
    try_all(&cases, |reading| {
        check(&Scene::behind_tls(reading.workspace()), reading.place.row(), &reading.comes, &arguments);
    });
}

#[test]
fn a_server_that_speaks_no_tls_is_a_connection_that_failed() {
    let mut scene = Scene::of(Workspace::new(Vec::new()));
    scene.url = scene.url.replace("http://", "https://");
    scene.run(&["--timeout", "2"]).exits_with(4);
    all_failed(&report(&scene), "assistant: connection", "Check network");
    assert_eq!(scene.workspace.asked(), []);
}

sampled! {
    no_redirect_is_followed_and_no_other_host_is_asked
    a_proxy_that_wants_credentials_fails_its_row_and_says_so
}
