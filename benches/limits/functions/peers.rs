//! What else runs the same function: njs in nginx, workerd, and contexts of Node.
//!
//! They have a stub for the store, and nobody checks what the function returns: both are to their advantage.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::runs::Runs;
use super::{EVENT, EVENTS_KEY, HANDLER, key, value};
use crate::client::Connection;
use crate::machine;
use crate::server::{Server, free_address};

/// Where Debian's package has it.
const NJS_MODULE: &str = "/usr/lib/nginx/modules/ngx_http_js_module.so";

/// What the servers are asked.
pub(super) const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n";

/// A server that runs the function for each request, and the same server with the same answer ready.
pub(super) struct Pair {
    pub(super) function: Server,
    pub(super) bare: Server,
}

/// njs in nginx, beside nginx; or why there is none.
pub(super) fn njs(folder: &Path) -> Result<Pair, &'static str> {
    if !Path::new(NJS_MODULE).exists() {
        return Err("nginx's njs module is not installed");
    }
    let [with, without] = ["njs", "nginx"].map(|name| subfolder(folder, name));
    let file = with.join("function.js");
    fs::write(&file, script(include_str!("njs.js"))).unwrap();
    let module = format!("load_module {NJS_MODULE};");
    let import = format!("js_import main from {};", file.display());
    let function = Server::nginx_with(&with, &module, &import, "js_content main.content;");
    let function = function.ok_or("nginx is not installed")?;
    let bare = Server::nginx(&without, &answer()).ok_or("nginx is not installed")?;
    Ok(checked(Pair { function, bare }))
}

/// workerd with the function, beside workerd; or why there is none.
pub(super) fn workerd(folder: &Path) -> Result<Pair, &'static str> {
    if !is_there("workerd") {
        return Err("workerd is not installed");
    }
    let ready = format!(
        "async function answer() {{ return ANSWER; }}\nconst ANSWER = '{}';\n",
        answer()
    );
    let worker = include_str!("workerd.js");
    let function = worker_of(&subfolder(folder, "function"), &script(worker));
    let bare = worker_of(&subfolder(folder, "bare"), &(ready + worker));
    Ok(checked(Pair { function, bare }))
}

fn worker_of(folder: &Path, script: &str) -> Server {
    let address = free_address();
    let settings = include_str!("workerd.capnp").replace("ADDRESS", &address.to_string());
    let file = folder.join("workerd.capnp");
    fs::write(&file, settings).unwrap();
    fs::write(folder.join("worker.js"), script).unwrap();
    let mut command = machine::on_server_processor("workerd");
    command.arg("serve").arg(file).stdout(Stdio::null());
    Server::listening(command, address)
}

/// Node with a context for each run; none where it is not installed.
pub(super) fn node(folder: &Path) -> Option<Runs> {
    let [program, function] = ["node.mjs", "function.js"].map(|name| folder.join(name));
    fs::write(&program, include_str!("node.mjs")).unwrap();
    fs::write(&function, script("answer();\n")).unwrap();
    let mut command = machine::on_server_processor("node");
    command.arg(program).arg(function).arg(value(EVENTS_KEY));
    is_there("node").then(|| Runs::start(command))
}

fn is_there(program: &str) -> bool {
    let output = Command::new(program).arg("--version").output();
    output.is_ok_and(|output| output.status.success())
}

fn subfolder(folder: &Path, name: &str) -> PathBuf {
    let folder = folder.join(name);
    fs::create_dir(&folder).unwrap();
    folder
}

/// The function, the stub of its store, and what calls it.
fn script(caller: &str) -> String {
    let constants = [
        ("EVENT", EVENT),
        ("KEY", &key(EVENTS_KEY)),
        ("VALUE", &value(EVENTS_KEY)),
    ]
    .map(|(name, text)| format!("const {name} = '{}';\n", text.trim_end()));
    [
        &constants.concat(),
        include_str!("stub.js"),
        HANDLER,
        caller,
    ]
    .concat()
}

/// What the function returns.
fn answer() -> String {
    let mut event: serde_json::Value = serde_json::from_str(EVENT).unwrap();
    let mut request = event["request"].take();
    let uri = request["uri"].as_str().unwrap();
    request["uri"] = uri.replace(&key(EVENTS_KEY), &value(EVENTS_KEY)).into();
    request.to_string()
}

/// Both servers give answers of the same length, which have the value in them.
fn checked(pair: Pair) -> Pair {
    let [function, bare] = [&pair.function, &pair.bare].map(|server| {
        let answer = Connection::to(server.address).ask(REQUEST).text;
        assert!(answer.contains(&value(EVENTS_KEY)), "{answer}");
        answer.len()
    });
    assert_eq!(function, bare);
    pair
}
