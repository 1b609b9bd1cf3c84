//! Where people connect.

use std::io::Result;
use std::net::SocketAddr;
use tokio::net::{TcpListener, TcpSocket};

/// Who connects waits here until the program takes it up. Behind so many the system forgets those who come, and they try again
/// after a second: the 128 that a listener has otherwise are fewer than the connections that a proxy may open at once. The
/// system's own bound, `net.core.somaxconn`, holds too: 4096 since Linux 5.4.
const MOST_WAITING: u32 = 4096;

/// Within a runtime. An error when, say, the address is not this machine's, or another program listens there.
pub(crate) fn listen(address: SocketAddr) -> Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // So that it can be started again at once: for a while the system keeps the connections of the one that has ended.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(MOST_WAITING)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn many_can_connect_before_anybody_is_let_in() {
        let listener = listen((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
        let (address, mut connected) = (listener.local_addr().unwrap(), Vec::new());
        while connected.len() < 200 {
            let connecting = tokio::net::TcpStream::connect(address);
            let one = tokio::time::timeout(std::time::Duration::from_secs(20), connecting).await;
            connected.push(one.expect("a place to wait").unwrap());
        }
    }

    #[tokio::test]
    async fn nobody_else_can_listen_there() {
        let listener = listen((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
        let again = listen(listener.local_addr().unwrap());
        assert_eq!(again.unwrap_err().kind(), std::io::ErrorKind::AddrInUse);
    }
}
