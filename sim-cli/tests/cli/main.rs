//! The program as its users meet it: arguments in, exit code, standard output, standard error and files out.

mod compare;
mod crowd;
mod folder;
mod hunt;
mod invalid;
mod lab;
mod oracle;
mod output;
mod prepared;
mod proxy;
mod render;
mod replay;
mod run;
mod runs;
mod sweep;
mod testbed;
mod verify;
mod words;
