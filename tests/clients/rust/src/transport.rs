//! The server as a forward proxy: then no name has to be resolved, and targets are in absolute form.

use aws_smithy_http_client::Connector;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_runtime_api::client::http::{SharedHttpClient, SharedHttpConnector, http_client_fn};

use crate::control::story_of_a_store;
use crate::data::{check_awkward_keys, story_of_keys};
use crate::keyfront::{Caller, Settings, given};

fn proxied() -> SharedHttpClient {
    let connector: SharedHttpConnector = {
        let proxy = ProxyConfig::http(given("KEYFRONT_ENDPOINT")).unwrap();
        let provider = Provider::Rustls(CryptoMode::Ring);
        SharedHttpConnector::new(
            Connector::builder()
                .proxy_config(proxy)
                .tls_provider(provider)
                .build(),
        )
    };
    http_client_fn(move |_, _| connector.clone())
}

#[tokio::test]
async fn through_the_server_as_proxy() {
    let settings = Settings {
        endpoint: Some("http://keyfront.test"),
        client: Some(proxied()),
        ..Settings::default()
    };
    let caller = Caller::new(settings).await;
    story_of_a_store(&caller, "http://keyfront.test").await;
    story_of_keys(caller.clone()).await;
    check_awkward_keys(caller).await;
}
