//! Times as the screen shows them.

/// The time of day.
#[must_use]
pub fn now() -> String {
    jiff::Zoned::now().strftime("%H:%M:%S").to_string()
}

/// A time of 1970 and on: with the day, unless it is today.
#[must_use]
pub fn at(unix_ms: u64) -> String {
    let stamp = i64::try_from(unix_ms).ok().and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok());
    let Some(stamp) = stamp else { return "another age".to_owned() };
    let (now, then) = (jiff::Zoned::now(), stamp.to_zoned(jiff::tz::TimeZone::system()));
    let form = if now.date() == then.date() { "%H:%M:%S" } else { "%Y-%m-%d %H:%M:%S" };
    then.strftime(form).to_string()
}
