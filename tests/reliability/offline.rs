//! No network but the machine's own loopback: everything works, and nothing is even tried.

use std::process::Command;

use crate::Skip;
use crate::process::program;
use crate::sandbox::{FOLDER, SIDES};

/// The kernel counts packets for which it had no route. A first, made one shows that it does.
const SCRIPT: &str = r#"
ip link set lo up
tried() { awk '/^Ip:/ { if (n++) print $(column) ; else for (i = 1; i <= NF; i++) if ($i == "OutNoRoutes") column = i }' /proc/net/snmp; }
tried6() { awk '/Ip6OutNoRoutes/ { print $2 }' /proc/net/snmp6; }
before=$(tried)
(echo > /dev/udp/192.0.2.1/53) 2>/dev/null || true
[ "$(tried)" -gt "$before" ] || { echo "the kernel counts nothing here"; exit 3; }
before=$(tried)/$(tried6)
"$YIWEN" serve --listen 127.0.0.1:18080 --corpus "$CORPUS" --index "$INDEX" >"$INDEX.out" 2>"$INDEX.log" &
service=$!
trap 'kill $service 2>/dev/null' EXIT
for _ in $(seq 600); do grep -q 18080 "$INDEX.out" 2>/dev/null && break; sleep 0.1; done
"$YIWEN" doctor http://127.0.0.1:18080 || exit 1
kill -HUP $service
sleep 3
"$YIWEN" doctor http://127.0.0.1:18080 >/dev/null || exit 1
kill -TERM $service
wait $service || exit 1
[ "$before" = "$(tried)/$(tried6)" ] || { echo "packets were sent elsewhere: $before, then $(tried)/$(tried6)"; exit 1; }
[ "$(tail -n +3 /proc/net/dev | grep -vc ' *lo:')" = 0 ] || { echo "there is more than loopback"; exit 1; }
echo "served, examined, reloaded and ended without a route; no packet was meant for elsewhere"
"#;

pub fn no_route() -> Result<(), Skip> {
    let corpus = &SIDES.0[0].corpus;
    let index = FOLDER.path().join("offline");
    let command = program(FOLDER.path(), corpus, &index);
    let possible = ["--user", "--map-root-user", "--net", "ip", "link", "set", "lo", "up"];
    match Command::new("unshare").args(possible).output() {
        Ok(output) if output.status.success() => {}
        Ok(output) => return Err(Skip::Impossible(String::from_utf8_lossy(&output.stderr).into_owned())),
        Err(error) => return Err(Skip::Impossible(format!("no unshare: {error}"))),
    }
    let output = Command::new("unshare")
        .args(["--user", "--map-root-user", "--net", "bash", "-c", SCRIPT])
        .env("YIWEN", command.get_program())
        .env("CORPUS", corpus)
        .env("INDEX", &index)
        .output()?;
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    match output.status.code() {
        Some(0) => {
            println!("{}", said.lines().last().unwrap_or_default());
            Ok(())
        }
        Some(3) => Err(Skip::Impossible(said)),
        other => Err(Skip::Failed(format!("{other:?} {said}"))),
    }
}
