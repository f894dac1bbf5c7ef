//! Results as files for other tools: CSV for tables, GraphML for graphs.
//!
//! Every file is the same bytes for the same run. A number that was not measured is an empty field.

mod csv;
mod graphml;

pub use self::csv::{write_degrees, write_labels, write_latency_curve, write_messages, write_timeseries};
pub use graphml::{Labels, write_graphml};
