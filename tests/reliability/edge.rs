//! Connections that are slow, many, long or in flight when the service ends.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use crate::Skip;
use crate::process::{Service, program};
use crate::sandbox::{FOLDER, SIDES, body};

/// A service on the first side, with settings.
fn service(name: &str, settings: &[(&str, &str)]) -> Result<Service, String> {
    let base = FOLDER.path().join(name);
    std::fs::create_dir_all(&base).map_err(|e| e.to_string())?;
    let mut command = program(FOLDER.path(), &SIDES.0[0].corpus, &base.join("index"));
    command.envs(settings.iter().copied());
    Service::start(command, &base.join("log"))
}

/// Asks as anyone would and gives how long it took.
fn ask(service: &Service) -> Result<Duration, String> {
    let started = Instant::now();
    let answer = service.post("/v1/answer", &body())?;
    if answer.starts_with("HTTP/1.1 200") { Ok(started.elapsed()) } else { Err(answer) }
}

/// Whether the other end has closed; what it had said before is dropped.
fn is_closed(stream: &mut TcpStream) -> bool {
    let _ = stream.set_read_timeout(Some(Duration::from_millis(1)));
    let mut bytes = [0; 1024];
    loop {
        match stream.read(&mut bytes) {
            Ok(0) => return true,
            Ok(_) => {}
            Err(error) => return !matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut),
        }
    }
}

/// Three hundred callers who send a byte of a head every half second.
pub fn slow_heads() -> Result<(), Skip> {
    let service = service("slow-heads", &[])?;
    let mut slow = (0..300).map(|_| service.connect()).collect::<Result<Vec<_>, _>>()?;
    let started = Instant::now();
    let (mut longest, mut head) =
        (Duration::ZERO, b"GET / HTTP/1.1\r\nX-Slow: ".iter().copied().chain(std::iter::repeat(b'a')));
    while started.elapsed() < Duration::from_secs(20) {
        let byte = [head.next().unwrap_or(b'a')];
        for stream in &mut slow {
            let _ = stream.write_all(&byte);
        }
        longest = longest.max(ask(&service)?);
        std::thread::sleep(Duration::from_millis(500));
        slow.retain_mut(|stream| !is_closed(stream));
        if slow.is_empty() {
            break;
        }
    }
    let took = started.elapsed();
    println!("300 slow heads: closed after {took:.1?}; others waited at most {longest:.1?}");
    if !slow.is_empty() {
        return Err(format!("{} slow heads are open after {took:?}", slow.len()).into());
    }
    if longest < Duration::from_secs(5) { Ok(()) } else { Err(format!("others waited {longest:?}").into()) }
}

/// Three hundred callers who announce a body and send little of it.
pub fn slow_bodies() -> Result<(), Skip> {
    let service = service("slow-bodies", &[("YIWEN_REQUEST_TIMEOUT", "2")])?;
    let mut slow = (0..300).map(|_| service.connect()).collect::<Result<Vec<_>, _>>()?;
    let head =
        "POST /v1/answer HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 60000\r\n\r\n{";
    for stream in &mut slow {
        stream.write_all(head.as_bytes())?;
    }
    let mut longest = Duration::ZERO;
    for _ in 0..10 {
        longest = longest.max(ask(&service)?);
    }
    for stream in &mut slow {
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        if !answer.starts_with("HTTP/1.1 408") {
            return Err(format!("a slow body got {answer:?}").into());
        }
    }
    println!("300 slow bodies: each got 408; others waited at most {longest:.1?}");
    if longest < Duration::from_secs(5) { Ok(()) } else { Err(format!("others waited {longest:?}").into()) }
}

/// One who asks for much and takes nothing.
pub fn no_reader() -> Result<(), Skip> {
    let service = service("no-reader", &[])?;
    let mut stream = service.connect()?;
    stream.set_write_timeout(Some(Duration::from_secs(1)))?;
    let asks = "GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n".repeat(50);
    // Until the service takes no more, because its answers find no room.
    while stream.write_all(asks.as_bytes()).is_ok() {}
    let open = |service: &Service| Ok::<_, String>(service.get("/metrics")?.contains("\nhttp_connections 2\n"));
    if !open(&service)? {
        return Err("the connection is not counted".to_owned().into());
    }
    let started = Instant::now();
    while open(&service)? {
        if started.elapsed() > Duration::from_secs(40) {
            return Err("still open after 40 s".to_owned().into());
        }
        std::thread::sleep(Duration::from_millis(200));
    }
    println!("a reader that never reads: closed after {:.1?}", started.elapsed());
    Ok(())
}

/// Many connections from one address: those too many are told so at once, and another address gets in.
pub fn flood() -> Result<(), Skip> {
    let service = service("flood", &[])?;
    let streams = (0..600).map(|_| service.connect()).collect::<Result<Vec<_>, _>>()?;
    let (mut refused, mut kept) = (0, vec![]);
    for mut stream in streams {
        stream.set_read_timeout(Some(Duration::from_millis(2)))?;
        let mut answer = [0; 12];
        match stream.read(&mut answer) {
            Ok(12) if answer.starts_with(b"HTTP/1.1 503") => refused += 1,
            Ok(0) => return Err("closed without a word".to_owned().into()),
            _ => kept.push(stream),
        }
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let elsewhere = runtime.block_on(async {
        let socket = tokio::net::TcpSocket::new_v4()?;
        socket.bind("127.0.0.2:0".parse().map_err(std::io::Error::other)?)?;
        socket.connect(service.address.parse().map_err(std::io::Error::other)?).await?.into_std()
    })?;
    elsewhere.set_nonblocking(false)?;
    let answer = Service::ask(elsewhere, "GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")?;
    println!("600 connections from one address: {refused} refused at once; another address was served");
    if !answer.starts_with("HTTP/1.1 200") || refused < 50 {
        return Err(format!("{refused} refused; elsewhere {answer:?}").into());
    }
    drop(kept);
    ask(&service).map(drop).map_err(Skip::Failed)
}

/// Heads and bodies above their limits.
pub fn too_long() -> Result<(), Skip> {
    let service = service("too-long", &[])?;
    let ask = |head: &str, body: &str| service.send(&format!("{head}\r\nConnection: close\r\n\r\n{body}"));
    let answer = "POST /v1/answer HTTP/1.1\r\nHost: x\r\nContent-Type: application/json";
    let lines: String = (0..100).map(|n| format!("\r\nX-{n}: a")).collect();
    let rows = [
        ("a long line", ask(&format!("GET /livez?{} HTTP/1.1\r\nHost: x", "a".repeat(20_000)), "")?, "431"),
        ("many lines", ask(&format!("GET /livez HTTP/1.1\r\nHost: x{lines}"), "")?, "431"),
        ("a body announced", ask(&format!("{answer}\r\nContent-Length: 99000000"), "{")?, "413"),
        ("a long body", ask(&format!("{answer}\r\nContent-Length: 70000"), &" ".repeat(70_000))?, "413"),
        ("no HTTP", ask("HELLO", "")?, "400"),
        ("alive", ask("GET /livez HTTP/1.1\r\nHost: x", "")?, "200"),
    ];
    match rows.iter().find(|(_, got, status)| !got.starts_with(&format!("HTTP/1.1 {status}"))) {
        Some((what, got, status)) => Err(format!("{what}: want {status}, got {got:?}").into()),
        None => Ok(()),
    }
}

/// A request of which half is sent when the service is told to end.
fn half(service: &Service) -> Result<(TcpStream, String), String> {
    let body = body();
    let mut stream = service.connect()?;
    let head = "POST /v1/answer HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length:";
    let (first, rest) = body.split_at(20);
    stream.write_all(format!("{head} {}\r\n\r\n{first}", body.len()).as_bytes()).map_err(|e| e.to_string())?;
    Ok((stream, rest.to_owned()))
}

pub fn draining() -> Result<(), Skip> {
    let mut service = service("draining", &[("YIWEN_SHUTDOWN_DELAY", "1")])?;
    let (mut stream, rest) = half(&service)?;
    std::thread::sleep(Duration::from_millis(200));
    service.signal("-TERM")?;
    std::thread::sleep(Duration::from_millis(200));
    let ready = service.get("/readyz")?;
    if !ready.starts_with("HTTP/1.1 503") {
        return Err(format!("ready, told to end: {ready}").into());
    }
    ask(&service)?;
    // The events of a stream are sent to the end as well.
    let stream_body = r#"{"model":"yiwen","stream":true,"messages":[{"role":"user","content":"断缴4个月怎么补"}]}"#;
    let events = service.post("/v1/chat/completions", stream_body)?;
    if !events.contains("data: [DONE]") {
        return Err(format!("a stream that does not end: {events}").into());
    }
    std::thread::sleep(Duration::from_millis(1200));
    if service.connect().is_ok_and(|mut late| !is_closed(&mut late)) {
        return Err("connections are taken after the delay".to_owned().into());
    }
    stream.write_all(rest.as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let exit = service.exit()?;
    let whole = answer.starts_with("HTTP/1.1 200") && answer.contains("\"status\":\"answered\"");
    if whole && exit == 0 { Ok(()) } else { Err(format!("exit {exit}: {answer}").into()) }
}

pub fn cut_off() -> Result<(), Skip> {
    let mut service = service("cut-off", &[("YIWEN_SHUTDOWN_TIMEOUT", "1"), ("YIWEN_REQUEST_TIMEOUT", "30")])?;
    let (_stalled, _) = half(&service)?;
    std::thread::sleep(Duration::from_millis(200));
    service.signal("-TERM")?;
    let started = Instant::now();
    let exit = service.exit()?;
    let took = started.elapsed();
    if exit == 0 && took < Duration::from_secs(4) { Ok(()) } else { Err(format!("exit {exit} after {took:?}").into()) }
}
