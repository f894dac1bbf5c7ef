//! The laboratory: scenario language, measurement, pictures.

pub mod measure;
pub mod picture;
pub mod scenario;
pub mod tables;
