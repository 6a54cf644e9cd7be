//! The legacy servers themselves, where somebody has one running.

use crate::load::bench::doors::face::Face;
use crate::load::target::Target;

/// A legacy server to be measured in the same run.
#[derive(Debug, Clone)]
pub struct Original {
    pub face: Face,
    pub target: Target,
    /// Who makes accounts, where nobody makes their own.
    pub maker: Option<Maker>,
}

/// The account of someone who may make others.
#[derive(Debug, Clone)]
pub struct Maker {
    pub name: String,
    pub password: String,
}

impl Original {
    /// Reads `NAME=URL`, such as `mrm=http://127.0.0.1:9000`; the URL of condor_chat has the name and the
    /// password of an administrator before its host. The fault is a sentence for people.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (name, url) = text.split_once('=').ok_or("is not of the form NAME=URL")?;
        let names = Face::ALL.map(Face::name).join(", ");
        let face = Face::named(name).ok_or_else(|| format!("{name:?} is none of {names}"))?;
        let person = url.split_once("://").and_then(|(_, rest)| rest.rsplit_once('@'));
        let maker = person.and_then(|(person, _)| person.split_once(':'));
        let maker = maker.map(|(name, password)| Maker { name: name.into(), password: password.into() });
        if face == Face::Condor && maker.is_none() {
            return Err(
                "accounts of condor_chat are made by an administrator: condor=http://NAME:PASSWORD@host:port"
                    .into(),
            );
        }
        Ok(Self { face, target: Target::parse(url)?, maker })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_original_has_a_name_and_an_address() {
        let mrm = Original::parse("mrm=http://127.0.0.1:9000").unwrap();
        assert_eq!((mrm.face, mrm.target.authority.as_str()), (Face::Mrm, "127.0.0.1:9000"));
        assert!(mrm.maker.is_none());
        let condor = Original::parse("condor=http://admin:a=b:c@127.0.0.1:9000/x").unwrap();
        let maker = condor.maker.unwrap();
        assert_eq!((maker.name.as_str(), maker.password.as_str()), ("admin", "a=b:c"));
        assert_eq!((condor.target.authority.as_str(), condor.target.path.as_str()), ("127.0.0.1:9000", "/x"));
    }

    #[test]
    fn what_is_none_is_refused() {
        for text in
            ["mrm", "http://127.0.0.1:9000", "slack=http://127.0.0.1:9000", "mrm=here", "condor=http://a"]
        {
            assert!(Original::parse(text).is_err(), "{text}");
        }
    }
}
