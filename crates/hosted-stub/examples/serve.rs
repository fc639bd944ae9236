//! Serves the stand-in on a free port, says where, its key and a workflow, and ends with standard input.

use std::io::Read as _;

use autorisen_hosted_stub::{HostedStub, StubSettings};

fn main() -> std::io::Result<()> {
    let stub = HostedStub::start(StubSettings::default())?;
    println!("{} {} {}", stub.base_url(), stub.key(), stub.workflow());
    std::io::stdin().read_to_end(&mut Vec::new()).map(drop)
}
