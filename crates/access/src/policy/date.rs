use super::Problem;

/// Reads a date of a policy as milliseconds since 1970.
///
/// AWS takes the W3C profile of ISO 8601 and the seconds since 1970 (IAM user guide, "Date
/// condition operators"). Of the profile's forms that of a year alone is refused, because it could
/// be seconds as well.
pub(crate) fn millis(value: &str) -> Result<i64, Problem> {
    let millis = if !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit()) {
        of_seconds(value)
    } else {
        of_iso(value)
    };
    millis.ok_or_else(|| {
        Problem::new(format!(
            "`{value}` is no date: write 2026-12-31, 2026-12-31T23:59:59Z, or the seconds since \
             1970 with at least five digits"
        ))
    })
}

fn of_seconds(value: &str) -> Option<i64> {
    let seconds: i64 = value.parse().ok().filter(|_| value.len() >= 5)?;
    seconds.checked_mul(1_000)
}

fn of_iso(value: &str) -> Option<i64> {
    // The parser takes more forms than the profile has.
    let in_profile = |b: u8| b.is_ascii_digit() || b"-:.+TZ".contains(&b);
    if !value.bytes().all(in_profile) {
        return None;
    }
    let whole = match value.len() {
        7 => format!("{value}-01T00:00:00Z"),
        10 => format!("{value}T00:00:00Z"),
        _ => value.to_owned(),
    };
    let separators = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':')];
    let bytes = whole.as_bytes();
    if separators.iter().any(|(at, b)| bytes.get(*at) != Some(b)) {
        return None;
    }
    let moment: jiff::Timestamp = whole.parse().ok()?;
    Some(moment.as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_have_the_forms_of_the_profile() {
        for value in [
            "2026-12-31T00:00:00Z",
            "2026-12-31T01:30:00+01:30",
            "2026-12-31T00:00Z",
            "2026-12-31T00:00:00.000Z",
            "2026-12-31",
            "1798675200",
        ] {
            assert_eq!(millis(value).ok(), Some(1_798_675_200_000), "{value}");
        }
        assert_eq!(millis("2026-12").ok(), millis("2026-12-01").ok());
    }

    #[test]
    fn other_forms_are_refused() {
        for value in [
            "",
            "2026",
            "2026-13-01",
            "2026-02-30",
            "2026-12-31T00:00:00",
            "2026-12-31 00:00:00Z",
            "2026-12-31t00:00:00z",
            "20261231T000000Z",
            "2026-12-31T00:00:00Z[UTC]",
            "99999999999999999999",
            "tomorrow",
            "2026-12-3é",
        ] {
            assert!(millis(value).is_err(), "{value}");
        }
    }
}
