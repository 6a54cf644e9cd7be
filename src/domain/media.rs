//! Files that people send: what is known of them, where they are, and parts of them.

use std::fmt;
use std::ops::Range;

use uuid::Uuid;

use crate::error::{Code, Error, Result, Text};

pub const FILE_NAME_CHARS_MAX: usize = 255;
pub const CONTENT_TYPE_CHARS_MAX: usize = 255;

/// A file of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    pub id: Uuid,
    /// As its sender called it, without folders.
    pub file_name: String,
    pub byte_size: i64,
    /// In pixels; of pictures.
    pub width: Option<i32>,
    pub height: Option<i32>,
    pub path: MediaPath,
    pub thumbnail: Option<MediaPath>,
}

impl Attachment {
    pub fn is_picture(&self) -> bool {
        self.path.file_type().is_picture()
    }
}

/// What the bytes of a stored file are, which is seen in its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FileType {
    Png,
    Jpeg,
    Gif,
    /// Whatever is not a picture made by this server.
    Other,
}

impl FileType {
    const ALL: [Self; 4] = [Self::Png, Self::Jpeg, Self::Gif, Self::Other];

    pub const fn extension(self) -> &'static str {
        match self {
            Self::Png => "png",
            Self::Jpeg => "jpg",
            Self::Gif => "gif",
            Self::Other => "bin",
        }
    }

    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Gif => "image/gif",
            Self::Other => "application/octet-stream",
        }
    }

    pub const fn is_picture(self) -> bool {
        !matches!(self, Self::Other)
    }
}

/// The folders of pictures that people show of themselves, by the server whose callers know them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AvatarFolder {
    /// `/media/user/`, of ChatCRM, and of everyone else.
    User,
    /// `/media/avatar_files/`, of condor_chat.
    Condor,
}

/// The folders of the media root.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Folder {
    /// Files of messages. Links into it are signed.
    Messages,
    /// Open to everyone who knows a name.
    Avatars(AvatarFolder),
}

impl Folder {
    const ALL: [Self; 3] =
        [Self::Messages, Self::Avatars(AvatarFolder::User), Self::Avatars(AvatarFolder::Condor)];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Messages => "tmp",
            Self::Avatars(AvatarFolder::User) => "user",
            Self::Avatars(AvatarFolder::Condor) => "avatar_files",
        }
    }
}

/// Where a file is below the media root. Nothing in it is of a caller's making.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct MediaPath {
    folder: Folder,
    name: String,
    file_type: FileType,
}

impl MediaPath {
    /// `secret` is what nobody guesses: letters, digits, `-` and `_`.
    pub fn new(folder: Folder, secret: &str, file_type: FileType) -> Self {
        Self { folder, name: format!("{secret}.{}", file_type.extension()), file_type }
    }

    /// Reads `folder/name`; `None` for whatever this server does not write, `..` above all.
    pub fn parse(text: &str) -> Option<Self> {
        let (folder, name) = text.split_once('/')?;
        let folder = Folder::ALL.into_iter().find(|known| known.as_str() == folder)?;
        let (secret, extension) = name.split_once('.')?;
        let file_type = FileType::ALL.into_iter().find(|known| known.extension() == extension)?;
        let plain = secret.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
        let whole = plain && (16..=64).contains(&secret.len());
        whole.then(|| Self { folder, name: name.to_owned(), file_type })
    }

    pub const fn folder(&self) -> Folder {
        self.folder
    }

    pub const fn file_type(&self) -> FileType {
        self.file_type
    }

    pub fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Display for MediaPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.folder.as_str(), self.name)
    }
}

/// The last part of a name that a caller gives a file, which is all that is kept of it.
pub fn check_file_name(given: &str) -> Result<String> {
    let refuse = |code, text| Err(Error::new(code, text).at("fileName"));
    let name = given.rsplit(['/', '\\']).next().unwrap_or_default().trim();
    if name.chars().count() > FILE_NAME_CHARS_MAX {
        return refuse(Code::TooLong, Text::TooLong { chars_max: FILE_NAME_CHARS_MAX });
    }
    if name.contains('\0') {
        return refuse(Code::BadInput, Text::HasNul);
    }
    let name: String = name.chars().filter(|c| !c.is_control()).collect();
    if name.is_empty() || name.chars().all(|c| c == '.') {
        return refuse(Code::Empty, Text::Empty);
    }
    Ok(name)
}

/// A name whose extension says what the file is.
pub fn with_extension(name: &str, file_type: FileType) -> String {
    let (stem, extension) = name.rsplit_once('.').unwrap_or((name, ""));
    let fits = match file_type {
        FileType::Jpeg => ["jpg", "jpeg", "jpe"].iter().any(|known| known.eq_ignore_ascii_case(extension)),
        FileType::Other => true,
        FileType::Png | FileType::Gif => extension.eq_ignore_ascii_case(file_type.extension()),
    };
    if fits { name.to_owned() } else { format!("{stem}.{}", file_type.extension()) }
}

/// A type as a header can carry it; what it says is not believed.
pub fn check_content_type(given: &str) -> Result<()> {
    let plain = given.bytes().all(|b| b.is_ascii_graphic() || b == b' ');
    let typed = given.split_once('/').is_some_and(|(kind, of)| !kind.is_empty() && !of.is_empty());
    if plain && typed && given.len() <= CONTENT_TYPE_CHARS_MAX {
        return Ok(());
    }
    Err(Error::plain(Code::BadInput, "This is not a media type, such as image/png.").at("contentType"))
}

/// A part of a file, as asked for before its size is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ByteRange {
    /// From the first to the last, both included.
    Between(u64, u64),
    From(u64),
    Last(u64),
}

impl ByteRange {
    /// Reads the header `Range`. `None`, which means the whole file, for several parts at once and for
    /// whatever is not understood.
    pub fn parse(header: &str) -> Option<Self> {
        let digits =
            |text: &str| text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse::<u64>().ok())?;
        match header.strip_prefix("bytes=")?.split_once('-')? {
            ("", last) => digits(last).map(Self::Last),
            (first, "") => digits(first).map(Self::From),
            (first, last) => {
                let (first, last) = (digits(first)?, digits(last)?);
                (first <= last).then_some(Self::Between(first, last))
            }
        }
    }

    /// The bytes of a file of that size; `None` where it has none of them.
    pub fn within(self, size: u64) -> Option<Range<u64>> {
        let range = match self {
            Self::Between(first, last) => first..last.saturating_add(1).min(size),
            Self::From(first) => first..size,
            Self::Last(count) => size.saturating_sub(count)..size,
        };
        (range.start < range.end).then_some(range)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "q83v_Zz-0123456789abcdefghijklmnopqrstuvwxyz";

    #[test]
    fn a_path_comes_back_as_it_went_and_nothing_else_is_one() {
        let path = MediaPath::new(Folder::Messages, SECRET, FileType::Png);
        assert_eq!(path.to_string(), format!("tmp/{SECRET}.png"));
        assert_eq!(MediaPath::parse(&path.to_string()), Some(path));
        for bad in [
            "tmp/../../etc/passwd",
            "tmp/..",
            "tmp/",
            "tmp",
            "",
            "/etc/passwd",
            "secret/q83v_Zz0123456789.png",
            "tmp/q83v_Zz0123456789.svg",
            "tmp/q83v_Zz0123456789.png#1",
            "tmp/q83v_Zz0123456789.png.bin",
            "tmp/q83v/Zz0123456789.png",
            "tmp/q83v%2e0123456789.png",
            "tmp/short.png",
        ] {
            assert_eq!(MediaPath::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn of_a_name_its_last_part_is_kept_without_control_characters() {
        for (given, kept) in [
            ("a.png", "a.png"),
            ("../../etc/passwd", "passwd"),
            ("C:\\docs\\plan.pdf", "plan.pdf"),
            ("a\r\nSet-Cookie: b.txt", "aSet-Cookie: b.txt"),
            ("überraschung 🦀.txt", "überraschung 🦀.txt"),
        ] {
            assert_eq!(check_file_name(given).unwrap(), kept);
        }
        for (bad, code) in [
            ("", Code::Empty),
            ("a/", Code::Empty),
            ("..", Code::Empty),
            ("a\0b", Code::BadInput),
            (&"a".repeat(256), Code::TooLong),
        ] {
            assert_eq!(check_file_name(bad).unwrap_err().code(), code, "{bad}");
        }
    }

    #[test]
    fn a_pictures_name_ends_in_what_it_is() {
        for (name, file_type, fits) in [
            ("a.png", FileType::Png, "a.png"),
            ("a.JPEG", FileType::Jpeg, "a.JPEG"),
            ("a.webp", FileType::Jpeg, "a.jpg"),
            ("a.b.html", FileType::Gif, "a.b.gif"),
            ("a", FileType::Png, "a.png"),
            ("page.html", FileType::Other, "page.html"),
        ] {
            assert_eq!(with_extension(name, file_type), fits);
        }
    }

    #[test]
    fn a_range_is_read_and_cut_to_the_size() {
        for (header, bytes) in [
            ("bytes=0-0", Some(0..1)),
            ("bytes=2-99", Some(2..10)),
            ("bytes=4-", Some(4..10)),
            ("bytes=-3", Some(7..10)),
            ("bytes=-99", Some(0..10)),
            ("bytes=10-", None),
            ("bytes=-0", None),
        ] {
            assert_eq!(ByteRange::parse(header).unwrap().within(10), bytes, "{header}");
        }
        for header in
            ["", "bytes", "bytes=", "bytes=-", "bytes=a-b", "bytes=5-2", "items=0-1", "bytes=0-1,4-5"]
        {
            assert_eq!(ByteRange::parse(header), None, "{header}");
        }
        assert_eq!(ByteRange::parse("bytes=0-99999999999999999999"), None);
    }
}
