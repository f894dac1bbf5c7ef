//! The program as its users meet it: arguments in, exit code, standard output, standard error and files out.

mod adversary;
mod bakeoff;
mod batch;
mod bisect;
#[cfg(target_os = "linux")]
mod claims;
mod compare;
mod crowd;
mod export;
mod folder;
mod hunt;
mod invalid;
mod lab;
mod memory;
mod oracle;
#[cfg(target_os = "linux")]
mod outcomes;
mod output;
mod prepared;
mod proxy;
mod reach;
mod render;
mod replay;
mod report;
mod run;
mod runs;
mod sweep;
mod test;
mod testbed;
mod told;
mod verify;
mod why;
mod words;
