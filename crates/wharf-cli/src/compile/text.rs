//! From the bytes of a source to UTF-8.
//!
//! A mark at the beginning decides; then what is UTF-8 is UTF-8; then UTF-16 shows by its zeros; the rest is in a
//! code page of the time before, which is guessed from the letters, unless `-finput-charset` says it.

use std::borrow::Cow;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, GBK, UTF_8, UTF_16BE, UTF_16LE};

/// A source as it was understood.
pub(crate) struct Text {
    pub(crate) text: String,
    /// What it was written in.
    pub(crate) encoding: &'static Encoding,
    /// The compiler would not read the bytes this way by itself.
    pub(crate) converted: bool,
    /// Something in it is no character of that encoding.
    pub(crate) damaged: bool,
}

/// Decodes a source; `stated` is what the command line says.
pub(crate) fn decode(bytes: &[u8], stated: Option<&'static Encoding>) -> Text {
    let (encoding, mark) = match Encoding::for_bom(bytes) {
        Some(found) => found,
        None => (stated.unwrap_or_else(|| guess(bytes)), 0),
    };
    let (text, damaged) = encoding.decode_without_bom_handling(&bytes[mark..]);
    // Control-Z ends a text for the compilers of the other side.
    let text = match text.strip_suffix('\u{1a}') {
        Some(rest) => Cow::Owned(rest.to_owned()),
        None => text,
    };
    let converted = text.as_bytes() != bytes;
    Text { text: text.into_owned(), encoding, converted, damaged }
}

fn guess(bytes: &[u8]) -> &'static Encoding {
    let zeros = |odd: usize| bytes.iter().skip(odd).step_by(2).filter(|&&byte| byte == 0).count();
    let (even, odd) = (zeros(0), zeros(1));
    // Half the bytes of a UTF-16 source are zero, most of its letters being of English.
    if (even + odd) * 4 > bytes.len() {
        return if even > odd { UTF_16BE } else { UTF_16LE };
    }
    if std::str::from_utf8(bytes).is_ok() {
        return UTF_8;
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(bytes, true);
    let guessed = detector.guess(None, Utf8Detection::Deny);
    // With too few letters to tell, the most frequent one of those that fit.
    let few = bytes.iter().filter(|byte| !byte.is_ascii()).count() < 4;
    if few && guessed.is_single_byte() && !GBK.decode_without_bom_handling(bytes).1 {
        GBK
    } else {
        guessed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use encoding_rs::{EUC_KR, SHIFT_JIS};

    fn same(bytes: &[u8], text: &str, encoding: &'static Encoding) {
        let decoded = decode(bytes, None);
        assert_eq!((decoded.text.as_str(), decoded.encoding.name()), (text, encoding.name()));
        assert!(!decoded.damaged);
    }

    #[test]
    fn encodings_by_mark_and_by_letters() {
        let korean = "// 서버를 시작합니다. 클라이언트 접속을 기다립니다\nint main() { printf(\"소켓 생성 실패\\n\"); }";
        let chinese = "// 创建完成端口，并且启动工作线程\nint main() { printf(\"服务器已经启动，等待客户端连接\\n\"); }";
        let japanese = "// サーバーを起動します。ソースの表示\nint main() { printf(\"クライアントの接続を待っています\\n\"); }";
        same(&EUC_KR.encode(korean).0, korean, EUC_KR);
        same(&GBK.encode(chinese).0, chinese, GBK);
        same(&SHIFT_JIS.encode(japanese).0, japanese, SHIFT_JIS);
        same(korean.as_bytes(), korean, UTF_8);
        same(format!("\u{feff}{korean}").as_bytes(), korean, UTF_8);
        let wide = |order: fn(u16) -> [u8; 2], text: &str| {
            text.encode_utf16().flat_map(order).collect::<Vec<u8>>()
        };
        same(&wide(u16::to_le_bytes, &format!("\u{feff}{korean}")), korean, UTF_16LE);
        same(&wide(u16::to_be_bytes, &format!("\u{feff}{korean}")), korean, UTF_16BE);
        same(&wide(u16::to_le_bytes, "int main() {}"), "int main() {}", UTF_16LE);
    }

    #[test]
    fn only_what_the_compiler_misreads_is_converted() {
        assert!(!decode("int a; // é".as_bytes(), None).converted);
        assert!(decode("\u{feff}int a;".as_bytes(), None).converted);
        assert_eq!(decode(b"int a;\x1a", None).text, "int a;");
        assert!(decode(b"int a; // \x81", Some(UTF_8)).damaged);
    }
}
