//! How often callers may try things that cost much or that attackers repeat.

use std::hash::Hash;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use crate::config::Config;
use crate::domain::ids::{RoomKey, UserKey};
use crate::error::{Code, Error, Result, Text};

/// One account may be tried this many times as often from everywhere as from one address, so that
/// an attacker elsewhere slows its owner down at most a little.
const EVERYWHERE: u32 = 10;

/// The limiters, or nothing where limits are off.
#[derive(Debug)]
pub struct Limits {
    on: bool,
    login_account_address: Keyed<(String, Option<IpAddr>)>,
    login_account: Keyed<String>,
    login_address: Keyed<IpAddr>,
    signup_address: Keyed<IpAddr>,
    setup_address: Keyed<IpAddr>,
    room_password: Keyed<(RoomKey, UserKey)>,
    send: Keyed<UserKey>,
    search: Keyed<UserKey>,
    request_address: Keyed<IpAddr>,
}

impl Limits {
    pub fn new(config: &Config) -> Self {
        let limits = &config.limits;
        let account = limits.login_per_account_per_minute;
        let everywhere = account.saturating_mul(NonZeroU32::MIN.saturating_add(EVERYWHERE - 1));
        Self {
            on: config.rate_limits,
            login_account_address: Keyed::new(Quota::per_minute(account)),
            login_account: Keyed::new(Quota::per_minute(everywhere)),
            login_address: Keyed::new(Quota::per_minute(limits.login_per_address_per_minute)),
            signup_address: Keyed::new(Quota::per_hour(limits.signup_per_address_per_hour)),
            setup_address: Keyed::new(Quota::per_minute(account)),
            room_password: Keyed::new(Quota::per_minute(account)),
            send: Keyed::new(
                Quota::per_second(limits.send_per_user_per_second).allow_burst(limits.send_per_user_burst),
            ),
            search: Keyed::new(Quota::per_minute(limits.search_per_user_per_minute)),
            request_address: Keyed::new(
                Quota::per_second(limits.request_per_address_per_second)
                    .allow_burst(limits.request_per_address_burst),
            ),
        }
    }

    /// One try to log in to `account`.
    pub fn login(&self, account: &str, address: Option<IpAddr>) -> Result<()> {
        if !self.on {
            return Ok(());
        }
        if let Some(address) = address {
            self.login_address.take(&address)?;
        }
        self.login_account_address.take(&(account.to_owned(), address))?;
        self.login_account.take(&account.to_owned())
    }

    pub fn signup(&self, address: Option<IpAddr>) -> Result<()> {
        match address {
            Some(address) if self.on => self.signup_address.take(&address),
            _ => Ok(()),
        }
    }

    /// One guess at the code that makes the first administrator. Nobody else's guesses stand in the way of who has it.
    pub fn setup(&self, address: Option<IpAddr>) -> Result<()> {
        match address {
            Some(address) if self.on => self.setup_address.take(&address),
            _ => Ok(()),
        }
    }

    /// One guess at a room's password.
    pub fn room_password(&self, room: RoomKey, user: UserKey) -> Result<()> {
        if self.on { self.room_password.take(&(room, user)) } else { Ok(()) }
    }

    pub fn send(&self, user: UserKey) -> Result<()> {
        if self.on { self.send.take(&user) } else { Ok(()) }
    }

    /// One search through messages.
    pub fn search(&self, user: UserKey) -> Result<()> {
        if self.on { self.search.take(&user) } else { Ok(()) }
    }

    /// One request, whatever it asks.
    pub fn request(&self, address: Option<IpAddr>) -> Result<()> {
        match address {
            Some(address) if self.on => self.request_address.take(&address),
            _ => Ok(()),
        }
    }

    /// Forgets callers whose budget is whole again; what remains is bounded by the rates.
    pub fn forget_idle(&self) {
        self.login_account_address.forget_idle();
        self.login_account.forget_idle();
        self.login_address.forget_idle();
        self.signup_address.forget_idle();
        self.setup_address.forget_idle();
        self.room_password.forget_idle();
        self.send.forget_idle();
        self.search.forget_idle();
        self.request_address.forget_idle();
    }
}

/// One budget for each key.
#[derive(Debug)]
struct Keyed<K: Hash + Eq + Clone> {
    limiter: DefaultKeyedRateLimiter<K>,
}

impl<K: Hash + Eq + Clone> Keyed<K> {
    fn new(quota: Quota) -> Self {
        Self { limiter: RateLimiter::keyed(quota) }
    }

    fn take(&self, key: &K) -> Result<()> {
        self.limiter.check_key(key).map_err(|not_until| {
            let wait = not_until.wait_time_from(DefaultClock::default().now());
            Error::new(Code::RateLimited, Text::RateLimited).retry_after(wait.max(Duration::from_millis(1)))
        })
    }

    fn forget_idle(&self) {
        self.limiter.retain_recent();
        self.limiter.shrink_to_fit();
    }
}
