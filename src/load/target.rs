//! Where a server is.

use std::io;
use std::net::SocketAddr;

use tokio::net::{TcpSocket, TcpStream, lookup_host};
use tokio_tungstenite::tungstenite::http::Uri;

/// The receive buffer of a client that is slow to take what comes, in bytes.
const SMALL_BUFFER: u32 = 16 * 1024;

/// A server's base address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Host and port, as the `Host` field has them.
    pub authority: String,
    /// What stands before `/graphql`, without a slash at its end.
    pub path: String,
}

/// How big a socket's receive buffer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Buffer {
    Usual,
    Small,
}

impl Target {
    /// Reads an address such as `http://127.0.0.1:8000`. The fault is a sentence for people.
    pub fn parse(url: &str) -> Result<Self, String> {
        let wrong = || format!("{url:?} is not of the form http://host:port");
        let uri: Uri = url.parse().map_err(|_| wrong())?;
        match uri.scheme_str() {
            Some("http") => {}
            Some("https") => return Err("speak to the server itself, by http://; TLS is not spoken".into()),
            _ => return Err(wrong()),
        }
        let host = uri.host().filter(|host| !host.is_empty()).ok_or_else(wrong)?;
        let port = uri.port_u16().unwrap_or(80);
        Ok(Self {
            authority: format!("{host}:{port}"),
            path: uri.path().trim_end_matches('/').trim_end_matches("/graphql").to_owned(),
        })
    }

    /// A server on this machine.
    pub fn at(address: SocketAddr) -> Self {
        Self { authority: address.to_string(), path: String::new() }
    }

    /// A connection to the first of its addresses that answers.
    pub(super) async fn connect(&self, buffer: Buffer) -> io::Result<TcpStream> {
        let mut fault = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
        for address in lookup_host(&self.authority).await? {
            let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
            if buffer == Buffer::Small {
                socket.set_recv_buffer_size(SMALL_BUFFER)?;
            }
            match socket.connect(address).await {
                Ok(stream) => {
                    stream.set_nodelay(true)?;
                    return Ok(stream);
                }
                Err(error) => fault = error,
            }
        }
        Err(fault)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_a_host_a_port_and_perhaps_a_path() {
        let parse = |url| Target::parse(url).map(|target| (target.authority, target.path));
        assert_eq!(parse("http://127.0.0.1:8000"), Ok(("127.0.0.1:8000".into(), String::new())));
        assert_eq!(parse("http://[::1]:8000/"), Ok(("[::1]:8000".into(), String::new())));
        assert_eq!(parse("http://chat.test/a/b/"), Ok(("chat.test:80".into(), "/a/b".into())));
        assert_eq!(parse("http://chat.test/graphql"), Ok(("chat.test:80".into(), String::new())));
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for url in
            ["", "chat", "chat.test:8000", "ftp://chat.test", "https://chat.test", "http://", "http://:8"]
        {
            assert!(Target::parse(url).is_err(), "{url}");
        }
    }
}
