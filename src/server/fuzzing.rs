//! Fuzzing: a target checks what strangers may send, on many random inputs. For tests only.
//!
//! `make test` runs each target 10,000 times, and `make fuzz` runs it for `TRIBUTARY_FUZZ_SECONDS`. A failure prints the seed
//! and the smallest failing input, and adds the seed to a file in `tests/regressions`, whose inputs are tried first from then
//! on. `TRIBUTARY_SEED` repeats a run.

use std::{
    cell::Cell,
    fmt::Debug,
    io::Write,
    path::Path,
    time::{Duration, Instant},
};

use proptest::{
    collection::vec,
    prelude::*,
    sample::Index,
    test_runner::{Config, FileFailurePersistence, RngAlgorithm, TestCaseError, TestRng, TestRunner},
};

/// How often a target runs between two looks at the clock, and in all if no time is given.
const EXECUTIONS: u32 = 10_000;

/// The folder of the seeds of inputs that have failed.
const REGRESSIONS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/regressions");

/// Runs `check` on inputs of the strategy, and prints how many there were.
///
/// # Panics
///
/// Panics with the smallest input on which `check` fails or panics.
pub fn fuzz<S>(target: &'static str, strategy: &S, check: impl Fn(S::Value) -> Result<(), TestCaseError>)
where
    S: Strategy,
    S::Value: Debug,
{
    let seed = number("TRIBUTARY_SEED").unwrap_or_else(rand::random);
    let time = number("TRIBUTARY_FUZZ_SECONDS").map(Duration::from_secs).unwrap_or_default();
    let (began, executions) = (Instant::now(), Cell::new(0_u64));
    let mut next_seed = seed;
    loop {
        let result = runner(target, next_seed).run(strategy, |input| {
            executions.set(executions.get() + 1);
            check(input)
        });
        if let Err(error) = result {
            panic!("fuzz target {target}, after {} executions, TRIBUTARY_SEED={next_seed}: {error}", executions.get());
        }
        if began.elapsed() >= time {
            break;
        }
        next_seed = next_seed.wrapping_add(1);
    }
    // Written past the test harness, which shows only the output of failing tests.
    let seconds = began.elapsed().as_secs_f64();
    let line = format!("fuzz {target}: {} executions in {seconds:.1} s, seed {seed}\n", executions.get());
    let _ = std::io::stderr().write_all(line.as_bytes());
}

fn runner(target: &str, seed: u64) -> TestRunner {
    let file = Path::new(REGRESSIONS).join(format!("{target}.txt"));
    // The runner wants a name for the whole life of the process; there are few targets.
    let file = Box::leak(file.display().to_string().into_boxed_str());
    let config = Config {
        cases: EXECUTIONS,
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct(file))),
        ..Config::default()
    };
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes))
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

/// Text with a few characters of a valid one removed, replaced or added.
pub fn mutated(valid: impl Strategy<Value = String> + 'static) -> BoxedStrategy<String> {
    let edit = (any::<Index>(), 0..3, prop_oneof!["[A-Za-z0-9_=.%/-]", ".", Just("\0".to_owned())]);
    (valid, vec(edit, 0..4))
        .prop_map(|(valid, edits)| {
            let mut letters: Vec<char> = valid.chars().collect();
            for (at, kind, letter) in edits {
                let at = at.index(letters.len() + 1);
                if kind != 0 && at < letters.len() {
                    letters.remove(at);
                }
                if kind != 1 {
                    letters.splice(at..at, letter.chars());
                }
            }
            letters.into_iter().collect()
        })
        .boxed()
}

/// Text of any characters, up to 300 of them.
pub fn text() -> BoxedStrategy<String> {
    prop_oneof![8 => "\\PC{0,40}", 1 => "[\\x00-\\xff]{0,20}", 1 => vec(any::<char>(), 0..300).prop_map(String::from_iter)].boxed()
}
