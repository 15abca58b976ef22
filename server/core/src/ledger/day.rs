//! Days and moments in UTC, as the ledger shows them.

const DAY: u64 = 24 * 60 * 60;

/// The UTC day of a second since 1970: `2026-11-26`.
pub fn day(time: u64) -> String {
    let (year, month, day) = civil(time / DAY);
    format!("{year:04}-{month:02}-{day:02}")
}

/// The UTC moment: `2026-11-26 09:30:05`.
pub fn moment(time: u64) -> String {
    let second = time % DAY;
    format!("{} {:02}:{:02}:{:02}", day(time), second / 3600, second / 60 % 60, second % 60)
}

/// The second that `2026-11-26`, `7d` or `12h` begins at, counted back from `now`.
pub fn since(text: &str, now: u64) -> Option<u64> {
    let text = text.trim();
    if let Some(days) = text.strip_suffix('d') {
        return Some(now.saturating_sub(days.parse::<u64>().ok()?.checked_mul(DAY)?));
    }
    if let Some(hours) = text.strip_suffix('h') {
        return Some(now.saturating_sub(hours.parse::<u64>().ok()?.checked_mul(3600)?));
    }
    let mut parts = text.splitn(3, '-').map(|part| part.parse::<u64>().ok());
    let (year, month, date) = (parts.next()??, parts.next()??, parts.next()??);
    let whole = (1970..=9999).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&date);
    let days = whole.then(|| days(year, month, date))?;
    // A date that the month doesn't have is another one's.
    (civil(days) == (year, month, date)).then_some(days * DAY)
}

/// The second since 1970 of a moment as RFC 3339 writes it: `2026-11-26T09:30:05Z`, `2026-11-26T10:30:05.123+01:00`.
pub fn second(text: &str) -> Option<u64> {
    let (date, time) = text.trim().split_once(['T', 't', ' '])?;
    let number = |from: usize| time.get(from..from + 2)?.parse::<u64>().ok();
    let (hour, minute, second) = (number(0)?, number(3)?, number(6)?);
    let is_time = hour < 24
        && minute < 60
        && second <= 60
        && time.get(2..3) == Some(":")
        && time.get(5..6) == Some(":");
    let zone = time.get(8..)?.trim_start_matches(|c: char| c == '.' || c.is_ascii_digit());
    let is_moment = is_time && date.len() == 10;
    let local = is_moment.then(|| since(date, 0))?? + hour * 3600 + minute * 60 + second;
    let (sign, offset) = match zone {
        "Z" | "z" => return Some(local),
        _ => zone.split_at_checked(1)?,
    };
    let (hours, minutes) = offset.split_once(':')?;
    let offset = hours.parse::<u64>().ok()? * 3600 + minutes.parse::<u64>().ok()? * 60;
    match sign {
        "+" => local.checked_sub(offset),
        "-" => Some(local + offset),
        _ => None,
    }
}

/// Days since 1970-01-01 to a date of the Gregorian calendar. Years are counted from March, so that the leap day is the
/// last (Howard Hinnant, "chrono-compatible low-level date algorithms").
fn civil(days: u64) -> (u64, u64, u64) {
    let shifted = days + 719_468;
    let (era, of_era) = (shifted / 146_097, shifted % 146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let from_march = (5 * of_year + 2) / 153;
    let date = of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    (year + era * 400 + u64::from(month <= 2), month, date)
}

/// The inverse.
fn days(year: u64, month: u64, date: u64) -> u64 {
    let year = year - u64::from(month <= 2);
    let (era, of_era) = (year / 400, year % 400);
    let from_march = if month > 2 { month - 3 } else { month + 9 };
    let of_year = (153 * from_march + 2) / 5 + date - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}
