//! The program `chat`: [`floodnet_chat`] on the sockets of [`floodnet_tcp`], for people.
//!
//! | module | subject |
//! |---|---|
//! | [`args`] | the command line |
//! | [`app`] | the program: what is typed, heard and due |
//! | [`command`] | what a typed line means |
//! | [`screen`], [`input`], [`time_of_day`] | a terminal or a pipe |
//! | [`cipher`] | signatures and sealed boxes |
//! | [`validator`] | the checks of `floodnet-chat` at the sockets |
//! | [`node`] | the node: which protocols, with which settings |
//! | [`recorded`], [`record`] | what happens to the node, written down and run again |
//! | [`room`], [`ticket`] | rooms, open or private; one word to come into one |
//! | [`find`] | where others of the room may be |
//! | [`history`] | what was said before, on disk |
//! | [`folder`], [`files`], [`own_file`] | what is kept from one run to the next |
//! | [`log`], [`metrics`] | a log file and counts, for operators |

pub mod app;
pub mod args;
pub mod cipher;
pub mod command;
pub mod files;
pub mod find;
pub mod folder;
pub mod history;
pub mod input;
pub mod log;
pub mod metrics;
pub mod node;
pub mod own_file;
pub mod record;
pub mod recorded;
pub mod room;
pub mod screen;
pub mod ticket;
pub mod time_of_day;
pub mod validator;
