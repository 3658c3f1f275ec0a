//! GetKey under load, beside what its parts allow together and beside nginx.

use std::time::Duration;

use keyfront_signature::Algorithm;

use crate::bare;
use crate::client::{Connection, Requests};
use crate::load::{self, Rates};
use crate::machine;
use crate::server::Server;
use crate::table::{Figure, Reach, Table, median};

const ROUNDS: usize = 15;
const ROUND: Duration = Duration::from_millis(300);

const KEYS: usize = 100;

pub(crate) fn measure(table: &mut Table) {
    let folder = machine::folder();
    let data = folder.path().join("data");
    let server = Server::keyfront(&data);
    let requests = Requests::new(server.address);
    let arn = fill(&server, &requests);
    let get = |algorithm| requests.get(&arn, "/old/path/000007", algorithm);
    let (ecdsa, hmac) = (get(Algorithm::Ecdsa), get(Algorithm::Hmac));

    let [http, check] = ["answer", "check"].map(Server::bare);
    let nginx = Server::nginx(folder.path(), bare::ANSWER);

    let mut ecdsa_rates = [Vec::new(), Vec::new()];
    let mut hmac_rates = [Vec::new(), Vec::new()];
    let mut bare_rates = Vec::new();
    for _ in 0..ROUNDS {
        ecdsa_rates[0].push(load::repeat(&server, &ecdsa, ROUND));
        ecdsa_rates[1].push(load::repeat(&check, &ecdsa, ROUND));
        hmac_rates[0].push(load::repeat(&server, &hmac, ROUND));
        if let Some(nginx) = &nginx {
            hmac_rates[1].push(load::repeat(nginx, &hmac, ROUND));
        }
        bare_rates.push(load::repeat(&http, &hmac, ROUND));
    }

    let [ours, peer] = &ecdsa_rates;
    table.ratio(
        "GetKey, SigV4A / the check and a bare answer",
        figure(ours),
        figure(peer),
        Reach::AtLeast(0.9),
    );
    tell_clock(table, ours, peer);
    let what = "GetKey, SigV4 / nginx return 200";
    let [ours, peer] = &hmac_rates;
    if nginx.is_some() {
        table.ratio(what, figure(ours), figure(peer), Reach::AtLeast(0.5));
        tell_clock(table, ours, peer);
    } else {
        table.left_out(what, "nginx is not installed");
    }
    let bare = figure(&bare_rates).value;
    table.note(&format!("hyper alone: {bare:.0} /s"));
}

/// A store of a hundred keys; its ARN.
fn fill(server: &Server, requests: &Requests) -> String {
    let mut connection = Connection::to(server.address);
    let (arn, _) = connection.create(requests, "reads", None);
    let mut version = connection.ask(&requests.describe_contents(&arn)).etag();
    let value = "v".repeat(100);
    for number in 0..KEYS {
        let key = format!("/old/path/{number:06}");
        let put = requests.put(&arn, (&key, &value), &version, Algorithm::Hmac);
        version = connection.ask(&put).etag();
    }
    arn
}

fn figure(rates: &[Rates]) -> Figure {
    let rates: Vec<f64> = rates.iter().map(|rates| rates.by_processor).collect();
    Figure::rate(median(&rates))
}

fn tell_clock(table: &Table, ours: &[Rates], peer: &[Rates]) {
    let middle = |rates: &[Rates]| {
        let rates: Vec<f64> = rates.iter().map(|rates| rates.by_clock).collect();
        median(&rates)
    };
    let (ours, peer) = (middle(ours), middle(peer));
    table.note(&format!(
        "by the clock: {ours:.0} /s and {peer:.0} /s, {:.2} x",
        ours / peer
    ));
}
