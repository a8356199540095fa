//! The binary: it says where it listens, serves there, and stops when it is told to.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::{Command, Stdio},
};

#[test]
fn the_binary_serves_until_it_is_terminated() {
    let mut sandbox = Command::new(env!("CARGO_BIN_EXE_tributary-sandbox"))
        .args(["--listen", "127.0.0.1:0", "--records", "deals=7"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(sandbox.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let address = line.trim().strip_prefix("sandbox listening on http://").unwrap();
    let mut connection = TcpStream::connect(address).unwrap();
    write!(connection, "GET /__sandbox/stats HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n").unwrap();
    let mut response = String::new();
    connection.read_to_string(&mut response).unwrap();
    assert!(response.contains(r#""deals":7"#), "{response}");
    let killed = Command::new("kill").args(["-TERM", &sandbox.id().to_string()]).status().unwrap();
    assert!(killed.success());
    assert!(sandbox.wait().unwrap().success());
}
