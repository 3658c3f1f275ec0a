use http::StatusCode;
use keyfront_server::answer::{self, Answer};
use keyfront_service::Service;

/// Answers the probes, which report the server's health; `None` for another path.
pub(crate) fn answer(service: &Service, path: &str) -> Option<Answer> {
    match path {
        "/healthz" => Some(answer::with_body(StatusCode::OK, "text/plain", "ok\n")),
        "/readyz" => Some(ready(service)),
        "/_localstack/health" => Some(localstack(service)),
        _ => None,
    }
}

fn ready(service: &Service) -> Answer {
    match service.ready() {
        Ok(()) => answer::with_body(StatusCode::OK, "text/plain", "ready\n"),
        Err(reason) => answer::with_body(
            StatusCode::SERVICE_UNAVAILABLE,
            "text/plain",
            format!("{reason}\n"),
        ),
    }
}

/// The form that scripts which wait for LocalStack understand.
fn localstack(service: &Service) -> Answer {
    let state = if service.ready().is_ok() {
        "running"
    } else {
        "error"
    };
    let health = serde_json::json!({
        "services": { "cloudfront": state, "cloudfront-keyvaluestore": state },
        "edition": "keyfront",
        "version": env!("CARGO_PKG_VERSION"),
    });
    answer::with_body(StatusCode::OK, "application/json", health.to_string())
}
