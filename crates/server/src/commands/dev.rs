//! `autorisen dev`: stand-ins for trying things out.

use std::io::Write;
use std::thread;

use autorisen_hosted_stub::{HostedStub, StubSettings};

use super::Failure;
use crate::cli::{DevCommand, ExitCode};

/// Serves a stand-in until the process is stopped; how it is used is said on `out`.
pub(super) fn run(command: &DevCommand, out: &mut dyn Write) -> Result<ExitCode, Failure> {
    let DevCommand::HostedStub { port } = *command;
    let stub = HostedStub::start(StubSettings { port, ..StubSettings::default() })?;
    writeln!(out, "A stand-in for OpenAI's hosted ChatKit sessions. In another terminal:\n")?;
    writeln!(out, "  export CHATKIT_MODE=hosted CHATKIT_API_BASE={}", stub.base_url())?;
    writeln!(out, "  export OPENAI_API_KEY={} CHATKIT_WORKFLOW_ID={}", stub.key(), stub.workflow())?;
    writeln!(out, "  autorisen\n")?;
    writeln!(out, "GET /stub/sessions tells what is open, POST /stub/faults has the next requests fail:")?;
    writeln!(
        out,
        "  curl {}/stub/faults -d '{{\"fault\": \"status\", \"status\": 429, \"retry_after\": \"1\"}}'",
        stub.base_url()
    )?;
    out.flush()?;
    loop {
        thread::park();
    }
}
