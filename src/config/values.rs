//! What a setting can hold, before and after its meaning is known: raw values, durations, networks.
//!
//! Addresses of other servers are in `urls`. Which range a key allows is said where it is read.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
use std::time::Duration;

use toml::de::DeValue;

/// A setting as it was written. Has no `Debug`, since it may hold a secret.
#[derive(Clone, PartialEq)]
pub(super) enum Value {
    Bool(bool),
    Integer(i64),
    Text(String),
    List(Vec<String>),
    /// What no key takes, such as a date; in words.
    Other(String),
}

impl Value {
    /// The value of a key in a file.
    pub(super) fn from_toml(value: &DeValue<'_>) -> Self {
        let other = || Self::Other(format!("a value of type {}", value.type_str()));
        match value {
            DeValue::String(text) => Self::Text(text.to_string()),
            DeValue::Boolean(on) => Self::Bool(*on),
            DeValue::Integer(number) => {
                i64::from_str_radix(number.as_str(), number.radix()).map_or_else(|_| other(), Self::Integer)
            }
            DeValue::Array(items) => items
                .iter()
                .map(|item| item.get_ref().as_str().map(str::to_owned))
                .collect::<Option<Vec<_>>>()
                .map_or_else(|| Self::Other("a list that holds more than texts".to_owned()), Self::List),
            DeValue::Float(_) | DeValue::Datetime(_) | DeValue::Table(_) => other(),
        }
    }

    /// The value of a key in the environment or a flag, of the type that its default has. A text that
    /// does not read as that type stays a text, and is refused where the key is read.
    pub(super) fn from_text(text: &str, default: &Self) -> Self {
        let trimmed = text.trim();
        let read = match default {
            Self::Bool(_) => match trimmed.to_ascii_lowercase().as_str() {
                "on" | "true" | "1" => Some(Self::Bool(true)),
                "off" | "false" | "0" => Some(Self::Bool(false)),
                _ => None,
            },
            Self::Integer(_) => trimmed.parse().ok().map(Self::Integer),
            Self::List(_) => Some(Self::List(
                text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect(),
            )),
            Self::Text(_) | Self::Other(_) => None,
        };
        read.unwrap_or_else(|| Self::Text(text.to_owned()))
    }

    /// Every text in the value.
    pub(super) fn texts(&self) -> &[String] {
        match self {
            Self::Text(text) => std::slice::from_ref(text),
            Self::List(items) => items,
            Self::Bool(_) | Self::Integer(_) | Self::Other(_) => &[],
        }
    }

    /// The same value with every text in it changed.
    pub(super) fn map_texts(&self, change: impl Fn(&str) -> String) -> Self {
        match self {
            Self::Text(text) => Self::Text(change(text)),
            Self::List(items) => Self::List(items.iter().map(|item| change(item)).collect()),
            Self::Bool(_) | Self::Integer(_) | Self::Other(_) => self.clone(),
        }
    }
}

/// As a file would hold it.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(on) => write!(f, "{on}"),
            Self::Integer(number) => write!(f, "{number}"),
            // Never shown but in a complaint about them, which is one line.
            Self::Text(text) if text.contains(char::is_control) => write!(f, "{text:?}"),
            Self::Text(text) => write!(f, "{}", toml::Value::from(text.as_str())),
            Self::List(items) => write!(f, "{}", toml::Value::from(items.clone())),
            Self::Other(words) => f.write_str(words),
        }
    }
}

const UNITS: [(&str, u64); 5] = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)];

/// Reads `15m`, `1h30m` or `500ms`; a number alone is in seconds.
pub(super) fn parse_duration(text: &str) -> Result<Duration, String> {
    let wrong = || "is not a duration, such as \"500ms\", \"15m\" or \"1h30m\"".to_owned();
    let mut rest = text.trim();
    if let Ok(seconds) = rest.parse::<u64>() {
        return Ok(Duration::from_secs(seconds));
    }
    if rest.is_empty() {
        return Err(wrong());
    }
    let mut total_ms = 0_u64;
    while !rest.is_empty() {
        let (number, after) = split_where(rest, |c| !c.is_ascii_digit());
        let (unit, after) = split_where(after, |c| c.is_ascii_digit());
        let count: u64 = number.parse().map_err(|_| wrong())?;
        let (_, unit_ms) = UNITS.iter().find(|(name, _)| *name == unit).ok_or_else(wrong)?;
        total_ms = count
            .checked_mul(*unit_ms)
            .and_then(|part_ms| total_ms.checked_add(part_ms))
            .ok_or_else(|| "is longer than anything".to_owned())?;
        rest = after;
    }
    Ok(Duration::from_millis(total_ms))
}

fn split_where(text: &str, stop: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(stop).unwrap_or(text.len()))
}

/// Writes a duration in the largest unit that fits it, as `parse_duration` reads it.
pub(super) fn show_duration(duration: Duration) -> String {
    let total_ms = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    UNITS
        .iter()
        .find(|(_, unit_ms)| total_ms >= *unit_ms && total_ms.is_multiple_of(*unit_ms))
        .map_or_else(|| "0s".to_owned(), |(name, unit_ms)| format!("{}{name}", total_ms / unit_ms))
}

/// A network, or a single address: all addresses that begin with the same bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cidr {
    address: IpAddr,
    prefix: u8,
}

impl Cidr {
    /// Whether the network holds the address. An IPv4 address in IPv6 clothes counts as IPv4, since
    /// that is how a socket that serves both shows its peers.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                let differing = own.to_bits() ^ other.to_bits();
                differing.leading_zeros() >= u32::from(self.prefix)
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                let differing = own.to_bits() ^ other.to_bits();
                differing.leading_zeros() >= u32::from(self.prefix)
            }
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
        }
    }
}

const MAPPED_BITS: u8 = 96;

impl FromStr for Cidr {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("holds {text:?}, which is neither an address nor a network");
        let (address, prefix) = match text.split_once('/') {
            None => (text, None),
            Some((address, prefix)) => (address, Some(prefix)),
        };
        let address: IpAddr = address.parse().map_err(|_| wrong())?;
        let bits = if address.is_ipv4() { 32 } else { 128 };
        let prefix: u8 = match prefix {
            None => bits,
            Some(digits) if digits.bytes().all(|b| b.is_ascii_digit()) => {
                digits.parse().ok().filter(|prefix| *prefix <= bits).ok_or_else(wrong)?
            }
            Some(_) => return Err(wrong()),
        };
        match address.to_canonical() {
            plain @ IpAddr::V4(_) if address.is_ipv6() => {
                let prefix = prefix.checked_sub(MAPPED_BITS).ok_or_else(wrong)?;
                Ok(Self { address: plain, prefix })
            }
            _ => Ok(Self { address, prefix }),
        }
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_a_number_with_its_unit() {
        for (text, ms) in [
            ("500ms", 500),
            ("10s", 10_000),
            ("15m", 900_000),
            ("30d", 2_592_000_000),
            ("1h30m", 5_400_000),
            (" 2s ", 2000),
            ("0s", 0),
            ("90", 90_000),
        ] {
            assert_eq!(parse_duration(text), Ok(Duration::from_millis(ms)), "{text}");
        }
        for text in ["", "s", "1.5h", "-1s", "5 m", "5x", "5minutes", "99999999999999999d", "1h30"] {
            assert!(parse_duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_shown_duration_reads_back_as_the_same() {
        for ms in [0, 1, 999, 1000, 1500, 60_000, 90_000, 86_400_000, 90_000_000] {
            let duration = Duration::from_millis(ms);
            assert_eq!(parse_duration(&show_duration(duration)), Ok(duration));
        }
        assert_eq!(show_duration(Duration::from_hours(720)), "30d");
    }

    #[test]
    fn a_network_holds_the_addresses_that_share_its_first_bits() {
        let holds = |network: &str, address: &str| {
            network.parse::<Cidr>().unwrap().contains(address.parse().unwrap())
        };
        assert!(holds("10.0.0.0/8", "10.255.0.1"));
        assert!(!holds("10.0.0.0/8", "11.0.0.1"));
        assert!(holds("10.1.2.3/8", "10.9.9.9"));
        assert!(holds("192.0.2.7", "192.0.2.7"));
        assert!(!holds("192.0.2.7", "192.0.2.6"));
        assert!(holds("0.0.0.0/0", "203.0.113.9"));
        assert!(holds("2001:db8::/33", "2001:db8:7fff::1"));
        assert!(!holds("2001:db8::/33", "2001:db8:8000::1"));
        assert!(!holds("::/0", "10.0.0.1"));
        assert!(holds("10.0.0.0/8", "::ffff:10.0.0.1"));
        assert!(holds("::ffff:10.0.0.0/104", "10.0.0.1"));
    }

    #[test]
    fn a_malformed_network_is_refused() {
        for text in
            ["", "10.0.0", "10.0.0.0/33", "::/129", "10.0.0.0/", "10.0.0.0/+8", "host", "::ffff:1.2.3.4/8"]
        {
            assert!(text.parse::<Cidr>().is_err(), "{text}");
        }
    }
}
