//! How long a provider asks to wait, out of its answer's headers.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Reads `retry-after-ms` (milliseconds), else `retry-after` (seconds, or an HTTP date, RFC 9110 §10.2.3).
///
/// `now` is the time to count a date from. `None` for what is neither; a date that has passed is no wait.
pub fn wait(retry_after: Option<&str>, retry_after_ms: Option<&str>, now: SystemTime) -> Option<Duration> {
    let parsed_ms = retry_after_ms.and_then(|ms| seconds(ms, 1000.0));
    parsed_ms.or_else(|| {
        let value = retry_after?;
        seconds(value, 1.0).or_else(|| Some(http_date(value)?.duration_since(now).unwrap_or_default()))
    })
}

/// Nobody waits longer: a larger number means that as well.
const LONGEST: Duration = Duration::from_secs(u32::MAX as u64);

/// Some providers send fractions.
fn seconds(value: &str, per_second: f64) -> Option<Duration> {
    let number: f64 = value.trim().parse().ok()?;
    (number >= 0.0).then(|| Duration::try_from_secs_f64(number / per_second).unwrap_or(LONGEST).min(LONGEST))
}

/// `Sun, 06 Nov 1994 08:49:37 GMT`, the one form that a server may send.
fn http_date(value: &str) -> Option<SystemTime> {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let mut parts = value.split_ascii_whitespace().skip(1);
    let day: u64 = parts.next()?.parse().ok().filter(|day| (1..=31).contains(day))?;
    let month = parts.next()?;
    let month = MONTHS.iter().position(|name| *name == month)? as u64 + 1;
    let year: u64 = parts.next()?.parse().ok().filter(|year| (1970..=9999).contains(year))?;
    let mut time = parts.next()?.split(':').map(|part| part.parse::<u64>().ok());
    let (hour, minute, second) = (time.next()??, time.next()??, time.next()??);
    let of_day = hour.checked_mul(3600)?.checked_add(minute.checked_mul(60)?)?.checked_add(second)?;
    UNIX_EPOCH
        .checked_add(Duration::from_secs((days_since_1970(year, month, day) * 86_400).checked_add(of_day)?))
}

/// Days in the Gregorian calendar; years are counted from March, so that the leap day is the last.
fn days_since_1970(year: u64, month: u64, day: u64) -> u64 {
    const DAYS_TO_1970: u64 = 719_468;
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = year * 365 + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 1;
    days - DAYS_TO_1970
}
