//! Probability laws for latency and sessions: the one place with floating point.
