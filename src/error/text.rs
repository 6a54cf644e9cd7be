//! Every sentence the server says to people, in every language it speaks.
//!
//! Texts are not contract; codes are. A sentence holds only what the caller sent or a limit.

use std::borrow::Cow;

/// A language the server speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    #[default]
    English,
    Spanish,
}

impl Language {
    pub const ALL: [Self; 2] = [Self::English, Self::Spanish];

    /// Its tag, as headers have it.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Spanish => "es",
        }
    }

    /// Chooses from an `Accept-Language` header: the first language in it that is spoken here.
    pub fn negotiate(accept_language: &str) -> Self {
        let mut wanted: Vec<(f32, Self)> = accept_language
            .split(',')
            .filter_map(|item| {
                let mut parts = item.split(';').map(str::trim);
                let language = match parts.next()?.split('-').next()?.to_ascii_lowercase().as_str() {
                    "en" | "*" => Self::English,
                    "es" => Self::Spanish,
                    _ => return None,
                };
                let weight =
                    parts.find_map(|p| p.strip_prefix("q=")).map_or(Some(1.0), |q| q.parse().ok())?;
                Some((weight, language))
            })
            .collect();
        wanted.sort_by(|a, b| b.0.total_cmp(&a.0));
        wanted.first().map_or(Self::English, |(_, language)| *language)
    }
}

/// A sentence with its blanks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Text {
    /// For developers, in English only.
    Plain(Cow<'static, str>),
    AccountGone,
    ActionUnknown,
    AdministratorsOnly,
    BadCredentials,
    BadRefreshToken,
    CapacityBelowMembers {
        members: i64,
    },
    ClientMessageIdReused,
    CursorExpired,
    CursorInvalid,
    DirectToSelf,
    DuoNeedsOneOther,
    EmailInvalid,
    EmailTaken,
    Empty,
    FileTooLarge {
        bytes_max: usize,
    },
    FileUnusable {
        number: usize,
    },
    FilesWaiting,
    FirstWithLast,
    FixedMembership,
    HasNul,
    IdInvalid {
        expected: &'static str,
    },
    Internal,
    LastAdministrator,
    LastOwner,
    LinkExpired,
    MemberKeyUnknown {
        key: i64,
    },
    MemberUnknown,
    MessageDeleted,
    MessageEmpty,
    NotAMember,
    NotAllowed,
    NoEmoji,
    NoPicture,
    NotFound,
    OneOfMessageOrSeq,
    NotYourself,
    OneOfRoomOrInvite,
    OneOfSessionOrUser,
    OutOfRange {
        min: i64,
        max: i64,
    },
    PayloadTooLarge,
    PasswordAllDigits,
    PasswordCommon,
    PasswordTooLong {
        bytes_max: usize,
    },
    PasswordTooShort {
        chars_min: usize,
    },
    PasswordUnchanged,
    PictureBroken,
    PictureTooLarge {
        pixels_max: u64,
    },
    RateLimited,
    RoomArchived,
    ReactionsFull {
        max: usize,
    },
    RoomFull {
        capacity: i64,
    },
    RoomNameMissing,
    RoomPasswordWrong,
    SelfTakesNobody,
    SessionOver,
    SetupOver,
    SignInFirst,
    TokenExpired,
    TokenInvalid,
    TokenWrongType,
    TooLong {
        chars_max: usize,
    },
    TooMany {
        max: usize,
    },
    TooManyWords {
        max: usize,
    },
    Unavailable,
    UploadOver,
    UploadSize {
        bytes: i64,
    },
    UsernameCharacters,
    UsernameTaken,
    WordMissing,
    WrongPassword,
}

impl Text {
    pub fn render(&self, language: Language) -> Cow<'static, str> {
        match language {
            Language::English => self.english(),
            Language::Spanish => self.spanish(),
        }
    }

    #[expect(clippy::too_many_lines, reason = "a table, a line for each sentence")]
    fn english(&self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::Plain(text) => return text.clone(),
            Self::AccountGone => "There is no such account any more.",
            Self::ActionUnknown => "The audit log has no such action.",
            Self::AdministratorsOnly => "Only administrators may do that.",
            Self::BadCredentials => "The name or the password is wrong.",
            Self::BadRefreshToken => "This refresh token is not valid. Log in again.",
            Self::CapacityBelowMembers { members } => {
                return format!("The room already has {members} members.").into();
            }
            Self::ClientMessageIdReused => "This clientMessageId was used for another message.",
            Self::CursorExpired => {
                "This cursor belongs to another database. Reload the room and go on from its headCursor."
            }
            Self::CursorInvalid => "This is not a cursor of this list.",
            Self::DirectToSelf => "Use a SELF room to write to yourself.",
            Self::DuoNeedsOneOther => "A DUO room takes exactly one other person.",
            Self::EmailInvalid => "Enter a valid e-mail address.",
            Self::EmailTaken => "An account with this e-mail address already exists.",
            Self::Empty => "This may not be empty.",
            Self::FileTooLarge { bytes_max } => {
                return format!("Such a file may have at most {bytes_max} bytes.").into();
            }
            Self::FileUnusable { number } => {
                return format!("File {number} is not an upload of yours that is complete and not used yet.")
                    .into();
            }
            Self::FilesWaiting => "Too many files of yours are waiting to be sent. Send some of them first.",
            Self::FirstWithLast => "Give first or last, not both.",
            Self::FixedMembership => "The members of a SELF or DUO room do not change.",
            Self::HasNul => "The text may not contain a NUL character.",
            Self::IdInvalid { expected } => return format!("This is not the id of a {expected}.").into(),
            Self::Internal => "Something went wrong here. The request id tells the operator where to look.",
            Self::LastAdministrator => {
                "The server keeps at least one administrator. Make someone else one first."
            }
            Self::LastOwner => {
                "A room keeps at least one owner. Make someone else an owner, or delete the room."
            }
            Self::LinkExpired => "This link has expired. Ask for a new one.",
            Self::MemberKeyUnknown { key } => return format!("Nobody has the id {key}.").into(),
            Self::MemberUnknown => "One of these people does not exist.",
            Self::MessageDeleted => "This message was deleted.",
            Self::MessageEmpty => "A message needs a text.",
            Self::NoEmoji => "This is not one emoji.",
            Self::NoPicture => "This is no picture; PNG, JPEG, GIF and WebP are.",
            Self::NotAMember => "Only members of this room may do that.",
            Self::NotAllowed => "You may not do that.",
            Self::NotFound => "There is no such thing, or you cannot see it.",
            Self::OneOfMessageOrSeq => "Give messageId or seq, and only one of them.",
            Self::NotYourself => "Not to your own account: another administrator has to do that.",
            Self::OneOfRoomOrInvite => "Give roomId or inviteCode, and only one of them.",
            Self::OneOfSessionOrUser => "Give sessionId or userId, not both.",
            Self::OutOfRange { min, max } => return format!("Give a number from {min} to {max}.").into(),
            Self::PayloadTooLarge => "The request is larger than the server reads.",
            Self::PasswordAllDigits => "A password needs more than digits.",
            Self::PasswordCommon => "This password is too common.",
            Self::PasswordTooLong { bytes_max } => {
                return format!("A password may have at most {bytes_max} bytes.").into();
            }
            Self::PasswordTooShort { chars_min } => {
                return format!("A password needs at least {chars_min} characters.").into();
            }
            Self::PasswordUnchanged => "The new password is the old one.",
            Self::PictureBroken => "The picture is broken or cut off.",
            Self::PictureTooLarge { pixels_max } => {
                return format!("A picture may have at most {pixels_max} pixels.").into();
            }
            Self::RateLimited => "Too many attempts. Wait a little, then try again.",
            Self::RoomArchived => "This room is archived: it can be read, and nothing is added to it.",
            Self::ReactionsFull { max } => {
                return format!("This message has {max} different reactions already. Choose one of them.")
                    .into();
            }
            Self::RoomFull { capacity } => {
                return format!("The room is full: it takes {capacity} members.").into();
            }
            Self::RoomNameMissing => "A GROUP room needs a name.",
            Self::RoomPasswordWrong => "The room asks for a password, and this is not it.",
            Self::SelfTakesNobody => "A SELF room has no other members.",
            Self::SessionOver => "This session has ended. Log in again.",
            Self::SetupOver => {
                "This link is not good, or not any more. Restart the server for another one, or make an \
                 administrator with `tertulia user create --admin`."
            }
            Self::SignInFirst => "Log in first, and send the access token.",
            Self::TokenExpired => {
                "The access token has expired. Call refreshSession, then repeat the request."
            }
            Self::TokenInvalid => "The access token is not valid. Log in again.",
            Self::TokenWrongType => {
                "This token is of another kind: an access token does not renew, nor the reverse."
            }
            Self::TooLong { chars_max } => {
                return format!("This may have at most {chars_max} characters.").into();
            }
            Self::TooMany { max } => return format!("At most {max} are allowed at once.").into(),
            Self::TooManyWords { max } => return format!("Ask for at most {max} words at once.").into(),
            Self::Unavailable => "The server is busy. Nothing was stored; try again shortly.",
            Self::UploadOver => "The bytes of this file are here already.",
            Self::UploadSize { bytes } => return format!("This file was to have {bytes} bytes.").into(),
            Self::UsernameCharacters => "A username has 1 to 150 letters, digits and @ . + - _ only.",
            Self::UsernameTaken => "A user with that username already exists.",
            Self::WordMissing => "Give at least one word, or the beginning of one.",
            Self::WrongPassword => "This is not your current password.",
        })
    }

    #[expect(clippy::too_many_lines, reason = "a table, a line for each sentence")]
    fn spanish(&self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::Plain(text) => return text.clone(),
            Self::AccountGone => "Esta cuenta ya no existe.",
            Self::ActionUnknown => "El registro de auditoría no tiene esa acción.",
            Self::AdministratorsOnly => "Solo los administradores pueden hacer eso.",
            Self::BadCredentials => "El nombre o la contraseña no son correctos.",
            Self::BadRefreshToken => "Este token de renovación no es válido. Inicia sesión de nuevo.",
            Self::CapacityBelowMembers { members } => {
                return format!("La sala ya tiene {members} miembros.").into();
            }
            Self::ClientMessageIdReused => "Este clientMessageId ya se usó con otro mensaje.",
            Self::CursorExpired => {
                "Este cursor es de otra base de datos. Recarga la sala y sigue desde su headCursor."
            }
            Self::CursorInvalid => "Este no es un cursor de esta lista.",
            Self::DirectToSelf => "Para escribirte a ti mismo usa una sala SELF.",
            Self::DuoNeedsOneOther => "Una sala DUO lleva exactamente a otra persona.",
            Self::EmailInvalid => "Escribe una dirección de correo válida.",
            Self::EmailTaken => "Ya existe una cuenta con este correo.",
            Self::Empty => "Esto no puede quedar vacío.",
            Self::FileTooLarge { bytes_max } => {
                return format!("Un archivo así puede tener como máximo {bytes_max} bytes.").into();
            }
            Self::FileUnusable { number } => {
                return format!("El archivo {number} no es una subida tuya, completa y aún sin usar.").into();
            }
            Self::FilesWaiting => {
                "Demasiados archivos tuyos esperan a ser enviados. Envía antes algunos de ellos."
            }
            Self::FirstWithLast => "Indica first o last, no ambos.",
            Self::FixedMembership => "Los miembros de una sala SELF o DUO no cambian.",
            Self::HasNul => "El texto no puede contener un carácter NUL.",
            Self::IdInvalid { expected } => return format!("Este no es el id de {expected}.").into(),
            Self::Internal => "Algo falló aquí. El id de la petición le dice al operador dónde mirar.",
            Self::LastAdministrator => {
                "El servidor conserva al menos un administrador. Nombra antes a otra persona."
            }
            Self::LastOwner => "Una sala conserva al menos un propietario. Nombra a otro, o borra la sala.",
            Self::LinkExpired => "Este enlace ha caducado. Pide uno nuevo.",
            Self::MemberKeyUnknown { key } => return format!("Nadie tiene el id {key}.").into(),
            Self::MemberUnknown => "Una de estas personas no existe.",
            Self::MessageDeleted => "Este mensaje fue borrado.",
            Self::MessageEmpty => "Un mensaje necesita texto.",
            Self::NoEmoji => "Esto no es un emoji.",
            Self::NoPicture => "Esto no es una imagen; lo son PNG, JPEG, GIF y WebP.",
            Self::NotAMember => "Solo los miembros de esta sala pueden hacer eso.",
            Self::NotAllowed => "No puedes hacer eso.",
            Self::NotFound => "No existe, o no puedes verlo.",
            Self::OneOfMessageOrSeq => "Indica messageId o seq, y solo uno de los dos.",
            Self::NotYourself => "No con tu propia cuenta: tiene que hacerlo otro administrador.",
            Self::OneOfRoomOrInvite => "Indica roomId o inviteCode, y solo uno de los dos.",
            Self::OneOfSessionOrUser => "Indica sessionId o userId, no ambos.",
            Self::OutOfRange { min, max } => return format!("Indica un número de {min} a {max}.").into(),
            Self::PayloadTooLarge => "La petición es mayor de lo que el servidor lee.",
            Self::PasswordAllDigits => "Una contraseña necesita algo más que cifras.",
            Self::PasswordCommon => "Esta contraseña es demasiado común.",
            Self::PasswordTooLong { bytes_max } => {
                return format!("Una contraseña puede tener como máximo {bytes_max} bytes.").into();
            }
            Self::PasswordTooShort { chars_min } => {
                return format!("Una contraseña necesita al menos {chars_min} caracteres.").into();
            }
            Self::PasswordUnchanged => "La contraseña nueva es la misma que la anterior.",
            Self::PictureBroken => "La imagen está dañada o incompleta.",
            Self::PictureTooLarge { pixels_max } => {
                return format!("Una imagen puede tener como máximo {pixels_max} píxeles.").into();
            }
            Self::RateLimited => "Demasiados intentos. Espera un poco y vuelve a probar.",
            Self::RoomArchived => "Esta sala está archivada: se puede leer, y no se le añade nada.",
            Self::ReactionsFull { max } => {
                return format!("Este mensaje ya tiene {max} reacciones distintas. Elige una de ellas.")
                    .into();
            }
            Self::RoomFull { capacity } => {
                return format!("La sala está llena: admite {capacity} miembros.").into();
            }
            Self::RoomNameMissing => "Una sala GROUP necesita un nombre.",
            Self::RoomPasswordWrong => "La sala pide una contraseña, y no es esta.",
            Self::SelfTakesNobody => "Una sala SELF no tiene otros miembros.",
            Self::SessionOver => "Esta sesión ha terminado. Inicia sesión de nuevo.",
            Self::SetupOver => {
                "Este enlace no sirve, o ya no. Reinicia el servidor para obtener otro, o crea un administrador \
                 con `tertulia user create --admin`."
            }
            Self::SignInFirst => "Inicia sesión primero y envía el token de acceso.",
            Self::TokenExpired => {
                "El token de acceso ha caducado. Llama a refreshSession y repite la petición."
            }
            Self::TokenInvalid => "El token de acceso no es válido. Inicia sesión de nuevo.",
            Self::TokenWrongType => "Este token es de otro tipo: uno de acceso no renueva, y al revés.",
            Self::TooLong { chars_max } => {
                return format!("Esto puede tener como máximo {chars_max} caracteres.").into();
            }
            Self::TooMany { max } => return format!("Se permiten como máximo {max} a la vez.").into(),
            Self::TooManyWords { max } => return format!("Pide como máximo {max} palabras a la vez.").into(),
            Self::Unavailable => {
                "El servidor está ocupado. No se guardó nada; prueba de nuevo en un momento."
            }
            Self::UploadOver => "Los bytes de este archivo ya están aquí.",
            Self::UploadSize { bytes } => {
                return format!("Este archivo iba a tener {bytes} bytes.").into();
            }
            Self::UsernameCharacters => "Un nombre de usuario tiene de 1 a 150 letras, cifras y @ . + - _.",
            Self::UsernameTaken => "Ya existe un usuario con ese nombre.",
            Self::WordMissing => "Escribe al menos una palabra, o el comienzo de una.",
            Self::WrongPassword => "Esta no es tu contraseña actual.",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_heaviest_language_that_is_spoken_here_is_chosen() {
        assert_eq!(Language::negotiate("fr, es;q=0.8, en;q=0.5"), Language::Spanish);
        assert_eq!(Language::negotiate("en;q=0.2, es-MX;q=0.9"), Language::Spanish);
        assert_eq!(Language::negotiate("de"), Language::English);
        assert_eq!(Language::negotiate(""), Language::English);
    }
}
