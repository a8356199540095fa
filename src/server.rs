//! The server: everything that never reaches the browser.
//!
//! Three operations pass through it: a user connects an account ([`connect`]), a load runs ([`load`]), an access token is
//! needed ([`grants`]). The modules are listed bottom up, and each imports only those above it, so there are no cycles.

#[cfg(any(test, feature = "test-support"))]
pub mod fuzzing;

pub mod repeats;

pub mod client_address;
pub mod clock;
pub mod failpoint;
pub mod listen;
pub mod telemetry;

pub mod store;

pub mod crypto;

pub mod error;

pub mod providers;

pub mod config;

pub mod connections;

pub mod audit;

pub mod grants;

pub mod load_limits;

pub mod state;

pub mod load;

pub mod access;

pub mod views;

pub mod connect;

pub mod rest;

pub mod router;

pub use listen::{raise_open_file_limit, serve, serve_until_stopped, set_up_process};
pub use router::router;
pub use state::AppState;

#[cfg(test)]
mod tests {
    use std::{
        fs,
        path::{Path, PathBuf},
    };

    /// The modules of this file, bottom up.
    fn layers() -> Vec<String> {
        let declared = include_str!("server.rs").lines().filter_map(|line| {
            line.trim_start_matches("pub ").strip_prefix("mod ")?.strip_suffix(';').map(str::to_owned)
        });
        declared.collect()
    }

    fn rust_files(folder: &Path, files: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                rust_files(&path, files);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }

    /// The modules of the server that a file imports: what follows this path of the server, alone or as a group in braces.
    fn imports(source: &str, server: &str) -> Vec<String> {
        let module = |path: &str| path.trim().split("::").next().unwrap_or_default().trim().to_owned();
        let mut found = Vec::new();
        for path in source.split(server).skip(1) {
            let Some(group) = path.strip_prefix('{') else {
                found.push(module(path.split([';', ',', '}', '(', ' ']).next().unwrap_or_default()));
                continue;
            };
            let (mut depth, mut start) = (0, 0);
            for (index, letter) in group.char_indices() {
                match letter {
                    ',' | '}' if depth == 0 => {
                        found.push(module(&group[start..index]));
                        start = index + 1;
                        if letter == '}' {
                            break;
                        }
                    }
                    '{' => depth += 1,
                    '}' => depth -= 1,
                    _ => {}
                }
            }
        }
        found
    }

    #[test]
    fn every_module_imports_only_modules_above_it_in_the_list() {
        let (layers, root) = (layers(), Path::new(env!("CARGO_MANIFEST_DIR")).join("src/server"));
        let layer = |module: &str| layers.iter().position(|layer| layer == module);
        let mut files = Vec::new();
        rust_files(&root, &mut files);
        assert!(files.len() > 50 && layers.len() > 12, "this reads the server");
        for file in files {
            let path = file.strip_prefix(&root).unwrap().with_extension("");
            let own = path.iter().next().unwrap().to_str().unwrap();
            let source = fs::read_to_string(&file).unwrap();
            let relative = "super::".repeat(path.iter().count());
            for import in imports(&source, "server::").into_iter().chain(imports(&source, &relative)) {
                let import = if import == "AppState" { "state" } else { &import };
                if let (Some(own_layer), Some(imported)) = (layer(own), layer(import)) {
                    assert!(imported <= own_layer, "{own} imports {import}, which is below it: {}", file.display());
                }
            }
        }
    }
}
