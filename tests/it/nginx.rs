//! The example of docs/cluster.md, run as it stands: two nodes behind nginx.

use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::json;

use crate::support::redis::Redis;
use crate::support::socket::Socket;
use crate::support::{Caller, Db, TestApp, skip};

struct Nginx(Child);

impl Drop for Nginx {
    fn drop(&mut self) {
        // Killed, it would leave its workers behind.
        let _ = Command::new("kill").arg(self.0.id().to_string()).status();
        let _ = self.0.wait();
    }
}

/// The configuration in the document, with the addresses of this test.
fn configuration(ports: [(&str, u16); 3]) -> String {
    let document = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/cluster.md")).unwrap();
    let (_, rest) = document.split_once("```nginx\n").unwrap();
    let (block, _) = rest.split_once("```").unwrap();
    ports.iter().fold(block.to_owned(), |text, (written, port)| {
        let written = format!("127.0.0.1:{written}");
        assert_eq!(text.matches(&written).count(), 1, "{written}");
        text.replace(&written, &format!("127.0.0.1:{port}"))
    })
}

fn start(folder: &Path, configuration: &str) -> Nginx {
    // Where Debian's nginx would write without being asked, and may not as a common user.
    let paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|name| format!("{name}_temp_path {}/{name};", folder.display()))
        .join(" ");
    let configuration = configuration.replacen("http {", &format!("http {{ access_log off; {paths}"), 1);
    let file = folder.join("nginx.conf");
    fs::write(&file, configuration).unwrap();
    let globals = format!("daemon off; pid {}/pid; error_log stderr warn;", folder.display());
    let child = Command::new("nginx")
        .args(["-e", "stderr", "-p", folder.to_str().unwrap(), "-c", file.to_str().unwrap(), "-g", &globals])
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    Nginx(child)
}

fn is_installed() -> bool {
    let found = Command::new("nginx").arg("-v").stderr(Stdio::null()).status().is_ok();
    if !found {
        skip("nginx is not installed, so the example of docs/cluster.md was not run");
    }
    found
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_nodes_behind_nginx_as_the_document_has_it() {
    let (Some(db), Some(redis)) = (Db::postgres(), Redis::start()) else { return };
    if !is_installed() {
        return;
    }
    let front = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let public = format!("http://{front}");
    let redis_url = redis.url();
    let settings = [
        ("REDIS_URL", redis_url.as_str()),
        ("SECRET", "the same for both, and long enough to be safe"),
        ("PUBLIC_URL", &public),
        ("TRUSTED_PROXIES", "127.0.0.1"),
    ];
    let one = TestApp::with(db.clone(), &settings).await;
    let other = TestApp::with(db, &settings).await;
    let folder = tempfile::tempdir().unwrap();
    let ports = [("8000", front.port()), ("8001", one.address.port()), ("8002", other.address.port())];
    let _nginx = start(folder.path(), &configuration(ports));
    until_open(front).await;

    let amber = Caller { url: format!("{public}/graphql"), ..one.user("amber").await };
    let room = amber.room("Den", &[]).await;
    // nginx takes turns, so of four sockets each node has some.
    let query = "subscription($r: ID!) { messageAdded(roomId: $r, last: 10) { message { text } } }";
    let mut sockets = Vec::new();
    for _ in 0..4 {
        let mut socket = Socket::ready_at(front, amber.token.as_deref()).await;
        socket.subscribe("s", query, json!({ "r": room })).await;
        sockets.push(socket);
    }
    for text in ["one", "two", "three", "four"] {
        amber.say(&room, text).await;
    }
    for socket in &mut sockets {
        for text in ["one", "two", "three", "four"] {
            let heard = socket.hear_past_pings().await;
            assert_eq!(heard["payload"]["data"]["messageAdded"]["message"]["text"], text, "{heard}");
        }
    }
    let metrics = reqwest::get(format!("{public}/metrics")).await.unwrap();
    assert_eq!(metrics.status().as_u16(), 404);
    assert!(one.app.hub().holdings().readers > 0 && other.app.hub().holdings().readers > 0);
}

async fn until_open(address: SocketAddr) {
    let open = async {
        while tokio::net::TcpStream::connect(address).await.is_err() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), open).await.expect("nginx does not listen");
}
