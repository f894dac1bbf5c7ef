//! Measures of a run, as MODEL section 4 defines them.
