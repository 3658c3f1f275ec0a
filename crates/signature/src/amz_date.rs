use std::fmt;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// A second in time. It is written in ISO 8601's basic form, `20150830T123600Z`, the only one that
/// AWS signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct AmzDate(jiff::Timestamp);

impl AmzDate {
    /// The second in which that time lies.
    pub(crate) fn containing(time: jiff::Timestamp) -> Self {
        Self(jiff::Timestamp::from_second(time.as_second()).unwrap_or(time))
    }

    /// Reads the basic form, and nothing else of ISO 8601.
    pub(crate) fn from_basic(text: &str) -> Option<Self> {
        let text: &[u8; 16] = text.as_bytes().try_into().ok()?;
        if text[8] != b'T' || text[15] != b'Z' {
            return None;
        }
        let pair = |at: usize| pair([text[at], text[at + 1]]);
        let year = i16::from(pair(0)?) * 100 + i16::from(pair(2)?);
        let civil = DateTime::new(year, pair(4)?, pair(6)?, pair(9)?, pair(11)?, pair(13)?, 0);
        TimeZone::UTC.to_timestamp(civil.ok()?).ok().map(Self)
    }

    /// Reads the value of a `Date` header: the basic form or HTTP's own. AWS looks at that header
    /// when there is no `X-Amz-Date` ("Handling dates in Signature Version 4").
    pub(crate) fn from_date_header(text: &str) -> Option<Self> {
        Self::from_basic(text).or_else(|| Self::from_http_date(text))
    }

    fn from_http_date(text: &str) -> Option<Self> {
        let text = text.strip_suffix(" GMT")?;
        let date = jiff::fmt::rfc2822::parse(&format!("{text} +0000")).ok()?;
        Some(Self(date.timestamp()))
    }

    /// The date this many seconds later (or earlier), at most the last one that can be represented.
    pub(crate) fn plus(self, seconds: i64) -> Self {
        let end = if seconds < 0 {
            jiff::Timestamp::MIN
        } else {
            jiff::Timestamp::MAX
        };
        let second = self.0.as_second().saturating_add(seconds);
        Self(jiff::Timestamp::from_second(second).unwrap_or(end))
    }

    /// The basic form.
    pub(crate) fn text(self) -> [u8; 16] {
        let civil = TimeZone::UTC.to_datetime(self.0);
        let [century, year] = [civil.year() / 100, civil.year() % 100].map(|part| part as i8);
        let parts = [
            (0, century),
            (2, year),
            (4, civil.month()),
            (6, civil.day()),
            (9, civil.hour()),
            (11, civil.minute()),
            (13, civil.second()),
        ];
        let mut text = *b"00000000T000000Z";
        for (at, part) in parts {
            let part = part.unsigned_abs();
            text[at] = b'0' + part / 10;
            text[at + 1] = b'0' + part % 10;
        }
        text
    }
}

impl fmt::Display for AmzDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        str::from_utf8(&self.text()).map_or(Err(fmt::Error), |text| f.write_str(text))
    }
}

fn pair(digits: [u8; 2]) -> Option<i8> {
    let [tens, ones] = digits;
    let both = tens.is_ascii_digit() && ones.is_ascii_digit();
    both.then(|| ((tens - b'0') * 10 + (ones - b'0')) as i8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_writes_the_basic_form() {
        for text in ["20150830T123600Z", "19700101T000000Z", "20240229T235959Z"] {
            assert_eq!(AmzDate::from_basic(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn refuses_other_forms() {
        for text in [
            "",
            "20150830T123600",
            "20150830t123600Z",
            "20150830T123600z",
            "2015-08-30T12:36:00Z",
            "20150830T123660Z",
            "20150230T123600Z",
            "+0150830T123600Z",
            "2015083éT12360Z",
        ] {
            assert_eq!(AmzDate::from_basic(text), None, "{text}");
        }
    }

    #[test]
    fn reads_http_dates_in_a_date_header() {
        let moment = AmzDate::from_date_header("Sun, 30 Aug 2015 12:36:00 GMT").unwrap();
        assert_eq!(moment.to_string(), "20150830T123600Z");
        assert_eq!(AmzDate::from_date_header("20150830T123600Z"), Some(moment));
        for text in [
            "Mon, 30 Aug 2015 12:36:00 GMT",
            "Sun, 30 Aug 2015 12:36:00 +0100",
            "yesterday",
        ] {
            assert_eq!(AmzDate::from_date_header(text), None, "{text}");
        }
    }

    #[test]
    fn time_has_ends() {
        let moment = AmzDate::from_basic("20150830T123600Z").unwrap();
        assert_eq!(moment.plus(-300).to_string(), "20150830T123100Z");
        assert!(moment.plus(i64::MAX) > moment);
        assert!(moment.plus(i64::MIN) < moment);
    }
}
