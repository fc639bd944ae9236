# Short names for what a developer does every day; each line works without just as well.

# Serve everything on embedded SQLite.
run *arguments:
    cargo run -- {{ arguments }}

# Run every check there is.
test *arguments:
    cargo xtask test {{ arguments }}

# Measure the release binary.
bench *arguments:
    cargo xtask bench {{ arguments }}

# Measure whether an answer tells who has an account.
timing *arguments:
    cargo xtask timing {{ arguments }}

# Measure what a storm of logins does.
storm *arguments:
    cargo xtask storm {{ arguments }}

# Let a fuzzer try every parser of untrusted bytes.
fuzz *arguments:
    cargo xtask fuzz {{ arguments }}

# Find what the compiler lets pass.
lint:
    cargo clippy --workspace --all-targets -- -D warnings

# Lay out all code.
fmt:
    cargo fmt --all

# Bring the database up to date.
migrate *arguments="up":
    cargo run -- migrate {{ arguments }}

# Build the binary as it is delivered.
build:
    cargo build --release --package autorisen-server

# Say what a release of this checkout would do; --apply does it (deploy/README.md).
release *arguments:
    deploy/ship release {{ arguments }}

# Release what the remote has on main, whatever is checked out here.
redeploy *arguments:
    deploy/ship redeploy {{ arguments }}
