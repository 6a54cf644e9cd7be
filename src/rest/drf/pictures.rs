//! Pictures among the fields of a body.

use crate::app::media::Picture;
use crate::error::{Code, Text};
use crate::rest::call::Call;
use crate::rest::drf::fields::{Input, NOT_AN_IMAGE};
use crate::rest::reply::Refusal;

/// A picture as it came, decoded.
#[derive(Debug)]
pub(in crate::rest) struct Decoded {
    /// What the caller calls it.
    pub(in crate::rest) name: String,
    pub(in crate::rest) picture: Picture,
}

/// The picture in a field, if there is one; or what is wrong with it, to be told with all else that is.
pub(in crate::rest) async fn decoded(
    call: &Call,
    input: &Input,
    field: &str,
) -> Result<Result<Option<Decoded>, String>, Refusal> {
    let Some(file) = input.file(field) else { return Ok(Ok(None)) };
    match call.app().inspect_picture(&call.viewer, file.bytes.clone()).await {
        Ok(picture) => Ok(Ok(Some(Decoded { name: named(&file.name).to_owned(), picture }))),
        Err(error) if error.code() == Code::BadInput => Ok(Err(match error.text() {
            Text::NoPicture | Text::PictureBroken => NOT_AN_IMAGE.to_owned(),
            other => other.render(call.language).into_owned(),
        })),
        Err(error) => Err(error.into()),
    }
}

/// A file's name; a caller may leave it without one.
pub(in crate::rest) fn named(given: &str) -> &str {
    if given.trim().is_empty() { "file" } else { given }
}
