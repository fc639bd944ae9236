//! Runs one target under libFuzzer: the one that `AUTORISEN_FUZZ_TARGET` names. `cargo xtask fuzz` builds
//! and calls it.
#![no_main]

use std::sync::OnceLock;

use autorisen_fuzz::Target;
use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};

fuzz_target!(|data: &[u8]| (target().check)(data));

// Now and then it begins anew from a seed. Those of tokens are good in this process alone, so they
// cannot lie in a folder.
fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, chance: u32| {
    let chance = usize::try_from(chance).unwrap_or_default();
    let mut size = size;
    if chance.is_multiple_of(8) {
        let seeds = seeds();
        if let Some(seed) = seeds.get((chance / 8) % seeds.len())
            && seed.len() <= max_size
            && let Some(room) = data.get_mut(..seed.len())
        {
            room.copy_from_slice(seed);
            size = seed.len();
        }
    }
    fuzzer_mutate(data, size, max_size)
});

fn seeds() -> &'static [Vec<u8>] {
    static SEEDS: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
    SEEDS.get_or_init(|| (target().seeds)())
}

fn target() -> &'static Target {
    static TARGET: OnceLock<&Target> = OnceLock::new();
    TARGET.get_or_init(|| {
        #[expect(clippy::disallowed_methods, reason = "the arguments are those of the engine")]
        let name = std::env::var("AUTORISEN_FUZZ_TARGET").unwrap_or_default();
        autorisen_fuzz::find(&name).unwrap_or_else(|| {
            eprintln!("AUTORISEN_FUZZ_TARGET names no target");
            std::process::abort()
        })
    })
}
