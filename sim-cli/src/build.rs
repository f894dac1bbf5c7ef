//! What this program was built from.

use floodnet_lab::run::manifest::Build;

/// For the manifests of runs; the build script asked git and the compiler.
pub(crate) const BUILD: Build = Build {
    program: env!("CARGO_PKG_NAME"),
    version: env!("CARGO_PKG_VERSION"),
    git: env!("FLOODNET_GIT"),
    rustc: env!("FLOODNET_RUSTC"),
};
